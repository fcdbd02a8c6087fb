/** What the activities ask of Temporal itself. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { Identity, JobChanged, TrialEnded } from '../../workflows/messages.ts';
import type { TemporalPort } from '../sweep-activities.ts';
import { endLeftOvers } from './left-overs.ts';
import { missingSearchAttributes } from './search-attributes.ts';

export interface SignallingPort extends TemporalPort {
  /** @returns false when the trial is over: its watch entry can go. */
  jobChanged(workflowId: string, news: JobChanged, identity: Identity): Promise<boolean>;
  /** A sweep that is over needs no news. */
  trialEnded(identity: Identity, ended: TrialEnded): Promise<void>;
}

export function temporalPort(client: () => Client): SignallingPort {
  return {
    missingSearchAttributes: (namespace) => missingSearchAttributes(client().connection as NativeConnection, namespace),
    endLeftOvers: (identity) => endLeftOvers(client(), identity),
    isClosed: async (workflowId) => {
      try {
        const { status } = await client().workflow.getHandle(workflowId).describe();
        return status.name !== 'RUNNING' && status.name !== 'PAUSED';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return true;
        throw error;
      }
    },
    jobChanged: (workflowId, news, identity) =>
      isThere(() => client().workflow.getHandle(workflowId).signal('jobChanged', news, identity)),
    trialEnded: async (identity, ended) => {
      await isThere(() => client().workflow.getHandle(identity.sweepId).signal('trialEnded', ended, identity));
    },
  };
}

async function isThere(tell: () => Promise<void>): Promise<boolean> {
  try {
    await tell();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
