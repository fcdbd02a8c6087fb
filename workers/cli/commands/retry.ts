import { WorkflowUpdateFailedError } from '@temporalio/client';
import { defineCommand } from 'citty';
import { CommandError } from '../command-error.ts';
import { connect } from '../connect.ts';
import { explained } from '../view.ts';

export default defineCommand({
  meta: {
    name: 'retry',
    description: 'Start one more trial, next, with the hyperparameters of a failed or cancelled one',
  },
  args: {
    id: { type: 'positional', description: "The sweep's id", required: true },
    trial: { type: 'positional', description: "The failed trial's number", required: true },
  },
  run: async ({ args }) => {
    const { client, close } = await connect();
    try {
      await client.workflow.getHandle(args.id).executeUpdate('retryTrial', { args: [Number(args.trial)] });
      console.log(`${args.id} tries the hyperparameters of trial ${args.trial} again, under a new number`);
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) throw new CommandError(error.cause?.message ?? error.message, 2);
      throw explained(error, args.id);
    } finally {
      await close();
    }
  },
});
