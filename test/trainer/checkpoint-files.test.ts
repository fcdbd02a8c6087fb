import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CheckpointList, openCheckpointStore } from '../../trainer/checkpoint-files.ts';
import { writeDurably } from '../../trainer/durable.ts';
import { findResumePoint } from '../../trainer/restore.ts';
import { openRowFile } from '../../trainer/row-file.ts';

let segments: string;
beforeEach(() => {
  segments = mkdtempSync(join(tmpdir(), 'segments-'));
});
afterEach(() => rmSync(segments, { recursive: true, force: true }));

const at = (step: number) => ({ step, epoch: 0, batch: step, reason: 'interval' as const });

describe('checkpoint store', () => {
  it('lists and keeps the last two, newest first, and leaves nothing else', async () => {
    const directory = join(segments, '1');
    mkdirSync(directory);
    const store = openCheckpointStore(directory);
    const entries = [3, 5, 9].map((step) => store.save(Buffer.from(`content ${step}`), at(step)));
    const files = ['latest.json', 'step-00000005.safetensors', 'step-00000009.safetensors'];
    expect(readdirSync(join(directory, 'checkpoints')).toSorted()).toEqual(files);
    const list = JSON.parse(readFileSync(join(directory, 'checkpoints/latest.json'), 'utf8')) as CheckpointList;
    expect(list).toEqual({ version: 1, checkpoints: [entries[2], entries[1]] });
    expect((await findResumePoint(segments, 1)).point).toMatchObject({ step: 9, sha256: entries[2]!.sha256 });
  });

  it('files are for their owner alone', () => {
    mkdirSync(join(segments, '1'));
    openCheckpointStore(join(segments, '1')).save(Buffer.from('x'), at(1));
    expect(statSync(join(segments, '1/checkpoints/step-00000001.safetensors')).mode & 0o777).toBe(0o600);
    expect(statSync(join(segments, '1/checkpoints')).mode & 0o777).toBe(0o700);
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
