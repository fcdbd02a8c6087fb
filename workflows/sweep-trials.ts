/**
 * A sweep's trials as workflows: started as ABANDONed children, told what the sweep decided. A continued-as-new sweep would
 * otherwise lose them, since the server applies the parent close policy then too; so a cancellation is carried to each of
 * them by hand (P7).
 */
import { getExternalWorkflowHandle, log, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { TrialInput, TrialSettings } from './activities.ts';
import { rootMessage } from './failures.ts';
import type { Identity, TrialEnded } from './messages.ts';
import { start } from './race.ts';
import { attributes } from './search-attributes.ts';
import { silentEnd, type Live } from './sweep-state.ts';
import type { trial } from './trial.ts';

export type TrialHandle = ReturnType<typeof getExternalWorkflowHandle>;

export interface Trials {
  /** @param ended is called when the child closes, whatever it said before. @throws `TrialTaken` if another sweep's trial has the id. */
  start(live: Live, settings: TrialSettings, ended: (trial: TrialEnded) => void): Promise<void>;
  handle(number: number): TrialHandle;
  /** Without waiting; a trial that has just ended is not found, and will say so itself. */
  tell(numbers: readonly number[], word: (handle: TrialHandle) => Promise<void>): void;
  /** True when no word is on its way: the server drops those of a run that continues as new. */
  told(): boolean;
}

export function trialsOf(identity: Identity): Trials {
  const { sweepId } = identity;
  let telling = 0;
  const handle = (number: number): TrialHandle => getExternalWorkflowHandle(`${sweepId}/${number}`);
  return {
    handle,
    told: () => telling === 0,
    async start({ number, hyperparameters }, settings, ended) {
      const input: TrialInput = { identity, number, hyperparameters, settings };
      try {
        const child = await startChild<typeof trial>('trial', {
          workflowId: `${sweepId}/${number}`,
          args: [input],
          parentClosePolicy: ParentClosePolicy.ABANDON,
          staticSummary: `trial ${number} of ${sweepId}`,
          ...(settings.searchAttributes && {
            typedSearchAttributes: [
              { key: attributes.sweepId, value: sweepId },
              { key: attributes.number, value: number },
              { key: attributes.status, value: 'waiting' },
            ],
          }),
        });
        // A trial that is terminated tells nothing; after a continue-as-new the census finds it.
        void child
          .result()
          .catch((error: unknown) => silentEnd({ number, hyperparameters }, rootMessage(error)))
          .then(ended);
      } catch (error) {
        throw error instanceof WorkflowExecutionAlreadyStartedError ? taken(sweepId, number) : error;
      }
    },
    tell(numbers, word) {
      for (const number of numbers) {
        telling += 1;
        start(async () => {
          try {
            await word(handle(number));
          } catch (error) {
            log.info('trial not reached', { number, error: String(error) });
          } finally {
            telling -= 1;
          }
        });
      }
    },
  };
}

const taken = (sweepId: string, number: number): ApplicationFailure =>
  ApplicationFailure.nonRetryable(
    `trial ${sweepId}/${number} is still running and belongs to an earlier sweep "${sweepId}". ` +
      `End its trials first: temporal workflow cancel --query 'SweepId="${sweepId}"' --reason 'left over' --yes`,
    'TrialTaken',
  );
