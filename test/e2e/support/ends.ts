/** How sweeps end: in failures with a type and a sentence, or in trials on disk. */
import { fileURLToPath } from 'node:url';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TrialEnded } from '../../../workflows/messages.ts';
import type { TestStack } from './stack.ts';
import { ended } from './sweep.ts';

export const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** Waits for the sweep's failure. @throws Error when it completes instead. */
export async function failureOf(stack: TestStack, id: string): Promise<{ type: string; message: string }> {
  const error = await stack.client.workflow
    .getHandle(id)
    .result()
    .then(
      () => new Error(`sweep ${id} completed`),
      (failure: unknown) => failure,
    );
  let cause = error instanceof WorkflowFailedError ? error.cause : error;
  while (cause instanceof Error && !(cause instanceof ApplicationFailure) && cause.cause instanceof Error)
    cause = cause.cause;
  if (!(cause instanceof ApplicationFailure)) throw cause;
  return { type: cause.type ?? '', message: cause.message };
}

/** Waits for the sweep's completion; its trials as they stand in trials.jsonl. */
export async function trialsOf(stack: TestStack, id: string): Promise<TrialEnded[]> {
  await stack.client.workflow.getHandle(id).result();
  return await ended(stack, id);
}
