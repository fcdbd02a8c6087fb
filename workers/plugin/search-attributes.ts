/** Search attributes of trials; a namespace without them costs a column in the Web UI, never a failed workflow task. */
import type { NativeConnection } from '@temporalio/worker';

export const SEARCH_ATTRIBUTES = {
  SweepId: 'Keyword',
  TrialNumber: 'Int',
  TrialStatus: 'Keyword',
  Objective: 'Double',
  Resumes: 'Int',
  SlurmJobId: 'Keyword',
} as const;

/** Names that the namespace lacks; all of them when the server does not tell. */
export async function missingSearchAttributes(connection: NativeConnection, namespace: string): Promise<string[]> {
  const names = Object.keys(SEARCH_ATTRIBUTES);
  try {
    const answer = await connection.operatorService.listSearchAttributes({ namespace });
    const known = new Set(Object.keys(answer.customAttributes ?? {}));
    return names.filter((name) => !known.has(name));
  } catch {
    return names;
  }
}
