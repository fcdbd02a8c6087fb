import { defaultPayloadConverter, type Client } from '@temporalio/client';
import type { TrialInput } from '../../workflows/activities.ts';

/** What a trial workflow was started with; null when it has gone meanwhile. One that continued as new has it, too. */
export async function trialInput(client: Client, workflowId: string): Promise<TrialInput | null> {
  const execution = { workflowId };
  const { namespace } = client.options;
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace,
    execution,
    maximumPageSize: 1,
  });
  const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  const input = payload == null ? null : defaultPayloadConverter.fromPayload<Partial<TrialInput> | null>(payload);
  return input?.identity === undefined || input.number === undefined ? null : (input as TrialInput);
}
