import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CheckpointStore, openCheckpointStore } from '../../trainer/checkpoint-files.ts';
import type { CheckpointList } from '../../trainer/checkpoint-list.ts';
import { openCheckpointWriter, type SaveRequest } from '../../trainer/checkpoint-writer.ts';
import { writeDurably } from '../../trainer/durable.ts';
import type { CheckpointEntry } from '../../trainer/protocol.ts';
import { findResumePoint } from '../../trainer/restore.ts';
import { openRowFile } from '../../trainer/row-file.ts';

let segments: string;
let directory: string;
let checkpoints: string;
beforeEach(() => {
  segments = mkdtempSync(join(tmpdir(), 'segments-'));
  directory = join(segments, '1');
  checkpoints = join(directory, 'checkpoints');
  mkdirSync(directory);
});
afterEach(() => rmSync(segments, { recursive: true, force: true }));

const request = (step: number, more: Partial<SaveRequest> = {}): SaveRequest => ({
  at: { step, epoch: 0, batch: step, reason: 'interval' },
  best: false,
  rows: [],
  ...more,
});
const row = (step: number) => ({ step, epoch: step, metrics: { loss: step } });
const content = (step: number): Buffer => Buffer.from(`content ${step}`);
const nameOf = (step: number): string => `step-${String(step).padStart(8, '0')}.safetensors`;
const readList = (): CheckpointList =>
  JSON.parse(readFileSync(join(checkpoints, 'latest.json'), 'utf8')) as CheckpointList;

describe('checkpoint writer', () => {
  const save = (step: number, more?: Partial<SaveRequest>): CheckpointEntry =>
    openCheckpointWriter(directory).save(content(step), request(step, more));

  it('lists and keeps the last two, newest first, and leaves nothing else', async () => {
    const writer = openCheckpointWriter(directory);
    const entries = [3, 5, 9].map((step) => writer.save(content(step), request(step)));
    expect(readdirSync(checkpoints).toSorted()).toEqual(['latest.json', nameOf(5), nameOf(9)]);
    expect(readList()).toEqual({ version: 1, checkpoints: [entries[2], entries[1]] });
    expect((await findResumePoint(segments, 1)).point).toMatchObject({ step: 9, sha256: entries[2]!.sha256 });
  });

  it('keeps the best one, too, and of best ones only the last', () => {
    const writer = openCheckpointWriter(directory);
    for (const step of [1, 2, 3, 4]) writer.save(content(step), request(step, { best: step === 1 }));
    expect(readList().checkpoints.map(({ step, best }) => [step, best])).toEqual([
      [4, undefined],
      [3, undefined],
      [1, true],
    ]);
    writer.save(content(5), request(5, { best: true }));
    expect(readList().checkpoints.map(({ step, best }) => [step, best])).toEqual([
      [5, true],
      [4, undefined],
    ]);
    expect(readdirSync(checkpoints).toSorted()).toEqual(['latest.json', nameOf(4), nameOf(5)]);
  });

  it('files are for their owner alone', () => {
    save(1);
    expect(statSync(join(checkpoints, nameOf(1))).mode & 0o777).toBe(0o600);
    expect(statSync(checkpoints).mode & 0o777).toBe(0o700);
  });

  it('goes on with a segment that was begun before, and removes what a crash left', () => {
    save(1);
    save(2);
    for (const name of ['.latest.json.tmp', nameOf(7)]) writeFileSync(join(checkpoints, name), 'torn');
    writeFileSync(join(checkpoints, 'notes.txt'), 'not ours to remove');
    openCheckpointWriter(directory);
    expect(readdirSync(checkpoints).toSorted()).toEqual(['latest.json', 'notes.txt', nameOf(1), nameOf(2)]);
  });

  it('removes nothing while the list cannot be read', () => {
    save(1);
    writeFileSync(join(checkpoints, 'latest.json'), '{');
    openCheckpointWriter(directory);
    expect(readdirSync(checkpoints)).toContain(nameOf(1));
  });

  it('a save that fails, at the file or at the list, leaves the files and the list as they were', () => {
    const writer = openCheckpointWriter(directory);
    writer.save(content(1), request(1));
    const before = readFileSync(join(checkpoints, 'latest.json'), 'utf8');
    for (const obstacle of [`.${nameOf(2)}.tmp`, '.latest.json.tmp']) {
      mkdirSync(join(checkpoints, obstacle));
      expect(() => writer.save(content(2), request(2))).toThrow(
        expect.objectContaining({ type: 'StorageError', message: expect.stringContaining('EISDIR') as string }),
      );
      expect(readFileSync(join(checkpoints, 'latest.json'), 'utf8')).toBe(before);
      expect(readdirSync(checkpoints).toSorted()).toEqual([obstacle, 'latest.json', nameOf(1)].toSorted());
      rmSync(join(checkpoints, obstacle), { recursive: true });
    }
    expect(writer.save(content(2), request(2))).toMatchObject({ step: 2, file: nameOf(2) });
  });

  it('the same step again takes another name: a listed file is never written over', () => {
    const first = save(4);
    const second = save(4);
    expect([first.file, second.file]).toEqual([nameOf(4), 'step-00000004.1.safetensors']);
    expect(readdirSync(checkpoints)).toHaveLength(3);
  });
});

describe('row file', () => {
  const read = (): string => readFileSync(join(directory, 'metrics.jsonl'), 'utf8');
  const lines = (...steps: number[]): string => steps.map((step) => `${JSON.stringify(row(step))}\n`).join('');

  it('appends each step once, and goes on behind the last whole line', () => {
    const file = openRowFile(directory);
    file.append([row(1)]);
    file.append([row(1), row(2)]);
    expect(read()).toBe(lines(1, 2));
    writeFileSync(join(directory, 'metrics.jsonl'), `${lines(1, 2)}{"step":3,"ep`);
    const again = openRowFile(directory);
    expect(read()).toBe(lines(1, 2));
    again.append([row(2), row(3)]);
    expect(read()).toBe(lines(1, 2, 3));
  });

  it('rows that could not be written are written by the next call, also into a file that was removed meanwhile', () => {
    const file = openRowFile(directory);
    file.append([row(1)]);
    rmSync(join(directory, 'metrics.jsonl'));
    mkdirSync(join(directory, 'metrics.jsonl'));
    expect(() => file.append([row(2)])).toThrow(/cannot write .*metrics\.jsonl: EISDIR/);
    rmSync(join(directory, 'metrics.jsonl'), { recursive: true });
    file.append([]);
    expect(read()).toBe(lines(1, 2));
  });

  it('without its rows no checkpoint is written', () => {
    const writer = openCheckpointWriter(directory);
    rmSync(join(directory, 'metrics.jsonl'));
    mkdirSync(join(directory, 'metrics.jsonl'));
    expect(() => writer.save(content(2), request(2, { rows: [row(2)] }))).toThrow(/metrics\.jsonl/);
    expect(readdirSync(checkpoints)).toEqual([]);
  });
});

describe('checkpoint store, with its thread', () => {
  let store: CheckpointStore;
  beforeEach(() => void (store = openCheckpointStore(directory)));
  afterEach(() => store.close());

  const take = (bytes: Buffer) => (allocate: (size: number) => Buffer) => {
    const memory = allocate(bytes.byteLength);
    bytes.copy(memory);
    return memory;
  };
  const save = async (step: number, bytes = content(step)) =>
    (await store.save(take(bytes), () => request(step, { rows: [row(step)] }))).durable;

  it('makes durable what was there when the snapshot was taken', async () => {
    const bytes = Buffer.alloc(3_000_000, 1);
    const { durable } = await store.save(take(bytes), () => request(1));
    bytes.fill(2);
    expect(store.isBusy()).toBe(true);
    expect(await durable).toMatchObject({ kind: 'saved', entry: { step: 1, bytes: 3_000_000 } });
    expect(store.isBusy()).toBe(false);
    expect(readFileSync(join(checkpoints, nameOf(1))).equals(Buffer.alloc(3_000_000, 1))).toBe(true);
  });

  it('keeps order and bytes apart, however many are given at once and however they grow', async () => {
    const sizes = [10, 200_000, 1_000, 900_000, 3];
    const all = await Promise.all(sizes.map((size, step) => save(step + 1, Buffer.alloc(size, step + 1))));
    expect(all.map((saved) => saved.kind === 'saved' && [saved.entry.step, saved.entry.bytes])).toEqual(
      sizes.map((size, step) => [step + 1, size]),
    );
    expect(readFileSync(join(checkpoints, nameOf(4))).equals(Buffer.alloc(900_000, 4))).toBe(true);
    expect(readFileSync(join(checkpoints, nameOf(5))).equals(Buffer.alloc(3, 5))).toBe(true);
  });

  it('a directory that vanishes: tells why; when it is back, rows that were missed come first', async () => {
    expect((await save(1)).kind).toBe('saved');
    rmSync(directory, { recursive: true });
    expect(await save(2)).toMatchObject({
      kind: 'failed',
      cause: 'ENOENT',
      message: expect.stringMatching(/cannot write .*ENOENT.*has vanished/) as string,
    });
    expect(existsSync(directory)).toBe(false);
    mkdirSync(directory);
    expect((await save(3)).kind).toBe('saved');
    expect(readFileSync(join(directory, 'metrics.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(3);
    expect((await findResumePoint(segments, 1)).point).toMatchObject({ step: 3 });
  });

  it('a snapshot that throws leaves the memory free for the next', async () => {
    for (let time = 0; time < 3; time += 1) {
      const thrown = store.save(
        () => {
          throw new TypeError('no such dtype');
        },
        () => request(1),
      );
      await expect(thrown).rejects.toThrow('no such dtype');
    }
    expect((await save(2)).kind).toBe('saved');
  });

  it('closing waits for what is being written', async () => {
    const { durable } = await store.save(take(Buffer.alloc(2_000_000)), () => request(1));
    await store.close();
    expect((await durable).kind).toBe('saved');
    expect(readList().checkpoints).toHaveLength(1);
  });
});

describe('storage errors', () => {
  it('say what the system said, which path, and how to mend it', () => {
    const gone = join(segments, 'gone');
    const expected = {
      type: 'StorageError',
      message: expect.stringMatching(/cannot write .*gone.*ENOENT.*vanished/) as string,
    };
    expect(() => openRowFile(gone)).toThrow(expect.objectContaining(expected));
    expect(() => openCheckpointStore(gone)).toThrow(expect.objectContaining(expected));
    expect(() => openCheckpointStore(join(segments, 'gone\0'))).toThrow(
      expect.objectContaining({ type: 'StorageError' }),
    );
    expect(() => writeDurably(join(gone, 'file'), 'x')).toThrow(expect.objectContaining(expected));
  });

  it.runIf(process.getuid?.() !== 0)('a directory without permission', () => {
    chmodSync(segments, 0o500);
    expect(() => writeDurably(join(segments, 'file'), 'x')).toThrow(/EACCES.*must be writable/);
  });
});
