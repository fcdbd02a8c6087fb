import { WorkflowUpdateFailedError } from '@temporalio/client';
import { defineCommand } from 'citty';
import { CommandError } from '../command-error.ts';
import { connect } from '../connect.ts';
import { explained } from '../view.ts';

export default defineCommand({
  meta: { name: 'concurrency', description: 'Change how many trials run at a time' },
  args: {
    id: { type: 'positional', description: "The sweep's id", required: true },
    count: {
      type: 'positional',
      description: '0 to 1000; a smaller number lets running trials finish',
      required: true,
    },
  },
  run: async ({ args }) => {
    const { client, close } = await connect();
    try {
      await client.workflow.getHandle(args.id).executeUpdate('setConcurrency', { args: [Number(args.count)] });
      console.log(`${args.id} runs ${args.count} trials at a time`);
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) throw new CommandError(error.cause?.message ?? error.message, 2);
      throw explained(error, args.id);
    } finally {
      await close();
    }
  },
});
