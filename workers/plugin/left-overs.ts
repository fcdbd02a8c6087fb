/**
 * Trials of an earlier sweep of the same name that still run: it was terminated, which runs no code of ours. Nobody would
 * record their results, and their names are wanted.
 */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Identity } from '../../workflows/messages.ts';
import { trialInput } from './trial-input.ts';

/** Cancels them: they checkpoint, give their jobs back and end. @returns their numbers; none the next time, when they have ended. */
export async function endLeftOvers(client: Client, identity: Identity): Promise<number[]> {
  if (!(await isOurs(client, identity))) return []; // a late attempt: the name belongs to another sweep by now
  const prefix = `${identity.sweepId}/`;
  const query = `WorkflowType="trial" AND ExecutionStatus="Running" AND WorkflowId STARTS_WITH ${JSON.stringify(prefix)}`;
  const numbers: number[] = [];
  for await (const { workflowId } of client.workflow.list({ query })) {
    const input = await trialInput(client, workflowId).catch(notFound);
    if (input === null || input.identity.firstRunId === identity.firstRunId) continue; // a reset sweep keeps its trials
    if ((await client.workflow.getHandle(workflowId).cancel().catch(notFound)) !== null) numbers.push(input.number);
  }
  return numbers.sort((one, other) => one - other);
}

async function isOurs(client: Client, { sweepId, firstRunId }: Identity): Promise<boolean> {
  const { raw, runId } = await client.workflow.getHandle(sweepId).describe();
  return (raw.workflowExecutionInfo?.firstRunId ?? runId) === firstRunId;
}

function notFound(error: unknown): null {
  if (error instanceof WorkflowNotFoundError) return null;
  throw error;
}
