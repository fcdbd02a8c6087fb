/** Ends one thing that {@link findOrphans} listed. Results, best/ and trials.jsonl are never among them. */
import { rm } from 'node:fs/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Scheduler } from '../../activities/scheduler/port.ts';
import { forget } from '../../activities/scheduler/watch.ts';
import type { Orphan } from './orphans.ts';

export interface EndOptions {
  readonly client: Client;
  readonly scheduler: Scheduler;
  readonly root: string;
}

/** @returns what was done, in a word; or why not. */
export async function endOrphan({ client, scheduler, root }: EndOptions, orphan: Orphan): Promise<string> {
  switch (orphan.kind) {
    case 'trial':
      // Not terminated: a cancelled trial checkpoints, gives its job back and merges its rows.
      return await client.workflow
        .getHandle(orphan.workflowId)
        .cancel()
        .then(() => 'cancelled', gone);
    case 'job': {
      const result = await scheduler.cancel(orphan.jobId);
      return result.kind === 'done' ? 'cancelled' : `not cancelled: ${result.message}`;
    }
    case 'watch':
      await forget(root, orphan.identity, orphan.number);
      return 'forgotten';
    case 'checkpoints':
      for (const path of orphan.paths) await rm(path, { recursive: true, force: true });
      return 'removed';
    case 'stranger':
      return 'left alone';
  }
}

function gone(error: unknown): string {
  if (error instanceof WorkflowNotFoundError) return 'already over';
  throw error;
}
