import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchDirectory } from '../../../activities/layout.ts';
import { token } from '../../../activities/scheduler/token.ts';
import { forget, readEntries, writeEntry } from '../../../activities/scheduler/watch.ts';
import type { WatchEntry } from '../../../activities/scheduler/watch.ts';

const identity = { namespace: 'default', sweepId: 'lr', firstRunId: 'run' };
const other = { ...identity, firstRunId: 'another run of that name' };
const entry = (trial: number, submission: number, owner = identity): WatchEntry => ({
  identity: owner,
  workflowId: `lr/${trial}`,
  token: token(owner, trial, submission),
  jobId: null,
  restartCount: 0,
});

describe('watch entries', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'watch-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('are read back, one per token, the newest word', async () => {
    await writeEntry(root, entry(1, 1));
    await writeEntry(root, { ...entry(1, 1), jobId: '7', restartCount: 2 });
    await writeEntry(root, entry(2, 1));
    const read = await readEntries(root);
    expect(read.toSorted((one, two) => one.token.localeCompare(two.token))).toEqual([
      { ...entry(1, 1), jobId: '7', restartCount: 2 },
      entry(2, 1),
    ]);
    expect(await readdir(watchDirectory(root))).toHaveLength(2);
  });

  it('are forgotten by trial, of that very sweep', async () => {
    for (const one of [entry(1, 1), entry(1, 2), entry(11, 1), entry(1, 1, other)]) await writeEntry(root, one);
    await forget(root, identity, 1);
    expect((await readEntries(root)).map((one) => [one.workflowId, one.identity.firstRunId])).toEqual(
      expect.arrayContaining([
        ['lr/11', 'run'],
        ['lr/1', 'another run of that name'],
      ]),
    );
    expect(await readEntries(root)).toHaveLength(2);
  });

  it('survive rubbish beside them, and an absent directory', async () => {
    expect(await readEntries(root)).toEqual([]);
    await forget(root, identity, 1);
    await mkdir(watchDirectory(root));
    for (const [name, text] of [
      ['torn.json', '{"tok'],
      ['null.json', 'null'],
      ['%.json', '{}'],
      ['readme', ''],
    ] as const) {
      await writeFile(join(watchDirectory(root), name), text);
    }
    await writeEntry(root, entry(1, 1));
    expect(await readEntries(root)).toEqual([entry(1, 1)]);
    await forget(root, identity, 1);
    expect(await readEntries(root)).toEqual([]);
  });
});
