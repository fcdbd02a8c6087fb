/** Words of an agent (or of the job script for a dead one) to its trial. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { AllocationEnded, AllocationStarted } from '../../workflows/messages.ts';

export type Told = 'accepted' | 'trial over' | 'given up';

export interface Patience {
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  /** True when it is no longer worth another try. */
  readonly abandoned?: () => boolean;
}

/**
 * Signals until accepted, until the trial turns out to be over, or until patience ends.
 * Not found is matched by class: over a NativeConnection its message is empty.
 */
export async function tell(
  client: Client,
  workflowId: string,
  signal: 'allocationStarted' | 'allocationEnded',
  news: AllocationStarted | AllocationEnded,
  patience: Patience,
): Promise<Told> {
  for (let pause = 100; ; pause = Math.min(2 * pause, 5_000)) {
    try {
      await client.workflow.getHandle(workflowId).signal(signal, news);
      return 'accepted';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'trial over';
      if (Date.now() + pause > patience.deadline || patience.abandoned?.() === true) {
        console.error(
          `temporal-sweep: ${signal} not accepted: ${error instanceof Error ? error.message : String(error)}`,
        );
        return 'given up';
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
