/** What the CLI shows of a running sweep, put together from the sweep's queries and each live trial's own. */
import { dirname } from 'node:path';
import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { TrainHeartbeat } from '../../workflows/activities.ts';
import type { SweepStatus, TrialRow, TrialStatus } from '../../workflows/messages.ts';
import type { CallReport } from '../../activities/scheduler/call-rate.ts';
import { readCalls } from '../plugin/report-calls.ts';
import { CommandError } from './command-error.ts';

export interface LiveTrial extends TrialStatus {
  readonly heartbeat: TrainHeartbeat | null;
}

export interface SweepView {
  readonly status: SweepStatus;
  readonly leaders: readonly TrialRow[];
  readonly live: readonly LiveTrial[];
  /** What the control workers asked of the scheduler; null where their files cannot be seen from here. */
  readonly calls: CallReport | null;
}

/** Queries of live trials beyond this many are left out: a terminal has no room for them either. */
const MOST_LIVE = 40;

export async function sweepStatus(client: Client, id: string): Promise<SweepStatus> {
  try {
    return await client.workflow.getHandle(id).query<SweepStatus>('status');
  } catch (error) {
    throw explained(error, id);
  }
}

export async function viewSweep(client: Client, id: string): Promise<SweepView> {
  const status = await sweepStatus(client, id);
  const rows = await client.workflow.getHandle(id).query<TrialRow[]>('trials');
  const isLive = ({ state }: TrialRow): boolean => state === 'running' || state === 'paused';
  const running = rows.filter(isLive).slice(0, MOST_LIVE);
  const live = await Promise.all(running.map((row) => liveTrial(client, id, row.number)));
  return {
    status,
    leaders: rows.filter((row) => !isLive(row)),
    live: live.filter((trial) => trial !== null),
    calls: await readCalls(dirname(status.directory)),
  };
}

async function liveTrial(client: Client, id: string, number: number): Promise<LiveTrial | null> {
  const handle = client.workflow.getHandle(`${id}/${number}`);
  try {
    const [status, description] = await Promise.all([handle.query<TrialStatus>('status'), handle.describe()]);
    const activity = askingIn(description) ?? status.activity;
    return { ...status, activity, heartbeat: heartbeatIn(description, status.segments) };
  } catch {
    return null; // it has just ended
  }
}

/** What the agent of that segment told last; null when it has not told anything, or the segment is over. */
export const lastHeartbeat = async (
  client: Client,
  id: string,
  number: number,
  segment: number,
): Promise<TrainHeartbeat | null> =>
  heartbeatIn(await client.workflow.getHandle(`${id}/${number}`).describe(), segment);

function heartbeatIn({ raw }: WorkflowExecutionDescription, segment: number): TrainHeartbeat | null {
  // By id: the activity of an agent that was killed stays pending beside its successor until its heartbeat times out.
  const pending = raw.pendingActivities?.find((activity) => activity.activityId === `train-${segment}`);
  const payload = pending?.heartbeatDetails?.payloads?.[0];
  return payload === undefined ? null : defaultPayloadConverter.fromPayload<TrainHeartbeat>(payload);
}

/** What ensureJob waits for at SLURM, in its own words; null when it is not under way, or has not said anything. */
function askingIn({ raw }: WorkflowExecutionDescription): string | null {
  const asking = raw.pendingActivities?.find((activity) => activity.activityType?.name === 'ensureJob');
  const payload = asking?.heartbeatDetails?.payloads?.[0];
  const word: unknown = payload === undefined ? null : defaultPayloadConverter.fromPayload(payload);
  return typeof word === 'string' ? word : null;
}

export function explained(error: unknown, id: string): unknown {
  if (error instanceof WorkflowNotFoundError) {
    return new CommandError(
      `no sweep "${id}" in this namespace; \`temporal workflow list --query 'WorkflowType="sweep"'\` lists them`,
    );
  }
  return error;
}
