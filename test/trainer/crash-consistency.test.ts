/** P4: a save that is cut anywhere leaves the former checkpoint or the new one, whole; and a full disk takes neither. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openCheckpointStore } from '../../trainer/checkpoint-files.ts';
import { openCheckpointWriter } from '../../trainer/checkpoint-writer.ts';
import { findResumePoint } from '../../trainer/restore.ts';
import { mergeRows } from '../../trainer/rows.ts';
import { checkpointOf, rowAt, stepOf } from './support/checkpoints.ts';

// Processes are started, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000 });

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'crash-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const request = (step: number) => ({
  at: { step, epoch: 1, batch: 0, reason: 'epoch' as const },
  best: false,
  rows: [rowAt(step)],
});

/** Segment 1 with the checkpoints of steps 1 and 4. */
function prepareSegment(segments: string): string {
  const directory = join(segments, '1');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'resume.json'), 'null');
  const writer = openCheckpointWriter(directory);
  for (const step of [1, 4]) writer.save(checkpointOf(step), request(step));
  return directory;
}

async function recover(segments: string): Promise<number> {
  const { point, warnings } = await findResumePoint(segments, 1);
  expect(warnings).toEqual([]);
  const step = stepOf(point!.file);
  expect(step).toBe(point!.step);
  expect(mergeRows(segments, 1)).toEqual(expect.arrayContaining([1, 4, step].map(rowAt)));
  return step;
}

it('killed at every file-system call of a save: the former checkpoint or the new one', async () => {
  // As in a release: compiled, the thread's file beside the others.
  buildSync({
    entryPoints: [
      resolve(import.meta.dirname, 'fixtures/save-one.ts'),
      resolve(import.meta.dirname, '../../trainer/writer-thread.ts'),
    ],
    outdir: root,
    entryNames: '[name]',
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  const template = join(root, 'template');
  prepareSegment(template);
  const found: number[] = [];
  for (let call = 1, isComplete = false; !isComplete; call += 1) {
    const segments = join(root, String(call));
    cpSync(template, segments, { recursive: true });
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'save-one.js'), join(segments, '1'), '8'],
      {
        encoding: 'utf8',
        env: {
          ...process.env,
          KILL_AT: String(call),
          NODE_OPTIONS: `--import=${pathToFileURL(resolve(import.meta.dirname, 'fixtures/kill-at.mjs')).href}`,
        },
      },
    );
    isComplete = status === 0;
    expect(isComplete ? stdout : signal, stderr).toBe(isComplete ? 'saved\n' : 'SIGKILL');
    const step = await recover(segments);
    expect([4, 8]).toContain(step);
    if (isComplete) expect(step).toBe(8);
    found.push(step);
    // Whoever opens it next removes what was left, and nothing that counts.
    openCheckpointWriter(join(segments, '1'));
    expect(await recover(segments)).toBe(step);
    expect(readdirSync(join(segments, '1/checkpoints'))).toHaveLength(3);
    rmSync(segments, { recursive: true });
  }
  // At least: open, write, fsync, close, rename, then the same of the directory and of the list; and it never goes back.
  expect(found.length).toBeGreaterThan(20);
  expect(found.toSorted((left, right) => left - right)).toEqual(found);
});

describe('a small file system that fills up', () => {
  let mounted: string | null = null;
  beforeEach(() => {
    const place = join(root, 'small');
    mkdirSync(place);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=0700', 'tmpfs', place], { stdio: 'pipe' });
      mounted = place;
    } catch {
      mounted = null;
    }
  });
  afterEach(() => {
    if (mounted !== null) execFileSync('umount', [mounted]);
  });

  it('a save that finds no room, wherever it stands, touches nothing; with room it works again', async (context) => {
    if (mounted === null) return context.skip('NOT TESTED on a full disk: no permission to mount a tmpfs');
    const directory = prepareSegment(mounted);
    const list = (): string => readFileSync(join(directory, 'checkpoints/latest.json'), 'utf8');
    const store = openCheckpointStore(directory);
    const filler = join(mounted, 'filler');
    const before = list();
    const causes: string[] = [];
    for (let room = 0, isSaved = false; !isSaved; room += 4096) {
      fill(filler, room);
      // 40 kB: refused at the rows, in the middle of the file, and at the list behind it.
      const { durable } = await store.save(
        (allocate) => checkpointOf(8, allocate, 10_000),
        () => request(8),
      );
      const saved = await durable;
      isSaved = saved.kind === 'saved';
      rmSync(filler);
      if (saved.kind === 'failed') {
        causes.push(`${saved.cause} ${/cannot write .*\/([a-z]+)/.exec(saved.message)?.[1]}`);
        expect(list()).toBe(before);
        expect(readdirSync(join(directory, 'checkpoints'))).toHaveLength(3);
      }
      expect(await recover(mounted)).toBe(isSaved ? 8 : 4);
    }
    await store.close();
    expect([...new Set(causes)].toSorted()).toEqual(['ENOSPC latest', 'ENOSPC metrics', 'ENOSPC step']);
  });

  it('turns read-only: touches nothing, and works again when it is writable', async (context) => {
    if (mounted === null) return context.skip('NOT TESTED on a read-only disk: no permission to mount a tmpfs');
    const directory = prepareSegment(mounted);
    const store = openCheckpointStore(directory);
    const save = async () => {
      const { durable } = await store.save(
        (allocate) => checkpointOf(8, allocate),
        () => request(8),
      );
      return durable;
    };
    execFileSync('mount', ['-o', 'remount,ro', mounted]);
    expect(await save()).toMatchObject({
      kind: 'failed',
      cause: 'EROFS',
      message: expect.stringMatching(/read-only: choose another root/) as string,
    });
    expect(await recover(mounted)).toBe(4);
    execFileSync('mount', ['-o', 'remount,rw', mounted]);
    expect((await save()).kind).toBe('saved');
    expect(await recover(mounted)).toBe(8);
    await store.close();
  });
});

/** Leaves so many bytes, or at most a page more. */
function fill(file: string, room: number): void {
  const page = Buffer.alloc(4096);
  const written: Buffer[] = [];
  for (;;) {
    try {
      writeFileSync(file, page, { flag: 'a' });
      written.push(page);
    } catch {
      break;
    }
  }
  writeFileSync(file, Buffer.alloc(Math.max(0, written.length * page.byteLength - room)));
}
