import { WorkflowUpdateFailedError } from '@temporalio/client';
import { defineCommand } from 'citty';
import { CommandError } from '../command-error.ts';
import { connect } from '../connect.ts';
import { explained } from '../view.ts';

export default defineCommand({
  meta: { name: 'stop', description: 'Checkpoint one live trial and end it as pruned' },
  args: {
    id: { type: 'positional', description: "The sweep's id", required: true },
    trial: { type: 'positional', description: "The trial's number", required: true },
  },
  run: async ({ args }) => {
    const { client, close } = await connect();
    try {
      await client.workflow.getHandle(args.id).executeUpdate('stopTrial', { args: [Number(args.trial)] });
      console.log(`stopping trial ${args.trial} of ${args.id}`);
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) throw new CommandError(error.cause?.message ?? error.message, 2);
      throw explained(error, args.id);
    } finally {
      await close();
    }
  },
});
