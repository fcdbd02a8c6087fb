/** A control worker whose jobs begin and end at once: everything is real but SLURM, agent and training. */
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createLearner } from '../../activities/samplers/learner.ts';
import { createSweepActivities } from '../../workers/sweep-activities.ts';
import { PROTOCOL } from '../../workflows/messages.ts';
import type { AgentActivities, EnsureJobInput, SlurmActivities } from '../../workflows/activities.ts';

export const QUEUE = 'stubbed';

Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('WARN') });

export async function createStubWorker(
  address: string,
  client: Client,
  root: string,
  workflows: 'floor' | 'stub-workflows',
): Promise<{ worker: Worker; connection: NativeConnection }> {
  const connection = await NativeConnection.connect({ address });
  const temporal = {
    missingSearchAttributes: async () => [],
    isClosed: async () => false,
    endLeftOvers: async () => [],
  };
  const worker = await Worker.create({
    connection,
    taskQueue: QUEUE,
    workflowsPath: fileURLToPath(new URL(`./${workflows}.ts`, import.meta.url)),
    maxConcurrentActivityTaskExecutions: 200,
    activities: {
      ...createSweepActivities({
        root,
        temporal,
        learner: createLearner(root),
        baseDirectory: root,
        allowInline: true,
        historyLimit: null,
      }),
      ...stubs(client),
    },
  });
  return { worker, connection };
}

function stubs(client: Client): SlurmActivities & AgentActivities {
  return {
    ensureJob: async ({ identity, number, submission }: EnsureJobInput) => {
      const jobId = String(number);
      const started = { submission, jobId, restartCount: 0, protocol: PROTOCOL, node: 'stub', taskQueue: QUEUE };
      await client.workflow.getHandle(`${identity.sweepId}/${number}`).signal('allocationStarted', started);
      return { kind: 'queued', jobId, action: 'submitted', state: 'PENDING', reason: 'None', restartCount: 0 };
    },
    train: async ({ number }) => ({
      status: 'completed',
      step: 1,
      epoch: 1,
      batch: 0,
      objective: number,
      metrics: { loss: number },
      note: '',
    }),
    closeTrial: async ({ identity, ended }) => client.workflow.getHandle(identity.sweepId).signal('trialEnded', ended),
    endJob: async () => {},
    cancelStray: async () => {},
    readSegment: async () => ({ outcome: null, position: null }),
  };
}
