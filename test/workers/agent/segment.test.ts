import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { trialLayout } from '../../../activities/layout.ts';
import { openCheckpointWriter } from '../../../trainer/checkpoint-writer.ts';
import { closeViews } from '../../../workers/views.ts';
import { beginSegment, claimSegment, newestSegment, writeOutcome } from '../../../workers/agent/segment.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'segment-'));
});
afterEach(() => rm(directory, { recursive: true }));

const mine = { submission: 1, jobId: '7', restartCount: 1 };
const zombie = { submission: 1, jobId: '7', restartCount: 0 };

test('a segment has one owner; the same owner may come back', async () => {
  expect(await claimSegment(directory, 1, zombie)).toEqual({ kind: 'ours' });
  expect(await claimSegment(directory, 1, zombie)).toEqual({ kind: 'ours' });
  expect(await claimSegment(directory, 1, mine)).toMatchObject({ kind: 'taken', owner: JSON.stringify(zombie) });
});

test('beginning a segment closes the ones below that never began, so that a zombie cannot', async () => {
  await beginSegment(directory, 1, zombie);
  const begun = await beginSegment(directory, 4, mine);
  expect(begun).toMatchObject({ claim: { kind: 'ours' }, resume: null });
  expect(await claimSegment(directory, 2, zombie)).toMatchObject({ kind: 'taken' });
  expect(await claimSegment(directory, 3, zombie)).toMatchObject({ kind: 'taken' });
  expect(await newestSegment(directory)).toBe(4);
});

test('where a segment begins is on disk before it is granted', async () => {
  await beginSegment(directory, 1, mine);
  expect(await readFile(trialLayout(directory).segment(1).resume, 'utf8')).toBe('null\n');
});

test('a segment of another owner is neither begun nor changed', async () => {
  await beginSegment(directory, 1, zombie);
  await writeFile(trialLayout(directory).segment(1).resume, 'as it was');
  expect((await beginSegment(directory, 1, mine)).claim.kind).toBe('taken');
  expect(await readFile(trialLayout(directory).segment(1).resume, 'utf8')).toBe('as it was');
});

test('a segment holds the checkpoint it resumes from itself; resume.json names its origin', async () => {
  await beginSegment(directory, 1, zombie);
  const { directory: older } = trialLayout(directory).segment(1);
  const at = { step: 3, epoch: 0, batch: 3, reason: 'interval' as const };
  const writer = openCheckpointWriter(older);
  const { file } = writer.save(Buffer.from('content'), { at, best: true, rows: [] });
  const { resume } = await beginSegment(directory, 2, mine);
  const { checkpoints, resume: resumeFile } = trialLayout(directory).segment(2);
  expect(resume).toMatchObject({ segment: 1, step: 3, file: join(checkpoints, 'resume', file) });
  expect(JSON.parse(await readFile(resumeFile, 'utf8'))).toEqual({
    ...resume,
    file: join(trialLayout(directory).segment(1).checkpoints, file),
  });
  await rm(older, { recursive: true }); // what a zombie may do to its own
  expect(await readFile(resume!.file, 'utf8')).toBe('content');
  await closeViews(trialLayout(directory), 2);
  expect(await readFile(join(trialLayout(directory).best, 'checkpoint.safetensors'), 'utf8')).toBe('content');
});

test('the view of the best checkpoint: the one marked best, else the last', async () => {
  await beginSegment(directory, 1, mine);
  const writer = openCheckpointWriter(trialLayout(directory).segment(1).directory);
  const save = (step: number, best: boolean) =>
    writer.save(Buffer.from(`step ${step}`), { at: { step, epoch: 0, batch: step, reason: 'epoch' }, best, rows: [] });
  const view = (): Promise<string> => readFile(join(trialLayout(directory).best, 'checkpoint.safetensors'), 'utf8');
  save(1, false);
  await closeViews(trialLayout(directory), 1);
  expect(await view()).toBe('step 1');
  for (const step of [2, 3, 4]) save(step, step === 2);
  await closeViews(trialLayout(directory), 1);
  expect(await view()).toBe('step 2');
});

test('an outcome is a file, whole', async () => {
  await beginSegment(directory, 1, mine);
  const outcome = { status: 'interrupted', cause: 'limit', step: 3, epoch: 0, batch: 3 } as const;
  await writeOutcome(directory, 1, outcome);
  expect(JSON.parse(await readFile(trialLayout(directory).segment(1).outcome, 'utf8'))).toEqual(outcome);
});
