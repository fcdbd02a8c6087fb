/** `kill -9` of a trial's agent, at a moment whose position is known. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { sweepLayout } from '../../activities/layout.ts';
import type { TrainHeartbeat } from '../../workflows/activities.ts';
import { lastHeartbeat, type LiveTrial } from '../cli/view.ts';
import { environmentOf } from '../stack/process-table.ts';

/** Heartbeats come every two seconds at most. Milliseconds. */
const PATIENCE = 8_000;

/**
 * Kills right after a heartbeat from the midst of an epoch: what was trained since the last checkpoint is then known.
 * @returns that heartbeat; null when the agent had gone.
 */
export async function killAgent(
  client: Client,
  root: string,
  sweepId: string,
  victim: LiveTrial,
): Promise<TrainHeartbeat | null> {
  const { jobId, restartCount, number, segments } = victim;
  if (jobId === null || restartCount === null) return null;
  const { ready } = sweepLayout(root, sweepId).trial(number).allocation({ jobId, restartCount });
  const pid = Number(await readFile(ready, 'utf8').catch(() => ''));
  let last = victim.heartbeat;
  for (const until = Date.now() + PATIENCE; Date.now() < until; await delay(40)) {
    const beat = await lastHeartbeat(client, sweepId, number, segments);
    if (beat === null) return null;
    const fresh = beat.step !== last?.step;
    last = beat;
    if (fresh && beat.batch >= beat.batches / 4) break;
  }
  // The number may be another process's by now: only the agent of this very job may be killed.
  if (!(pid > 0) || environmentOf(pid).get('SLURM_JOB_ID') !== jobId) return null;
  process.kill(pid, 'SIGKILL');
  return last;
}
