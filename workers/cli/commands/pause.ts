import { defineCommand } from 'citty';
import { connect } from '../connect.ts';
import { explained } from '../view.ts';

export default defineCommand({
  meta: { name: 'pause', description: 'Start nothing new, checkpoint live trials and give their jobs back' },
  args: {
    id: { type: 'positional', description: "The sweep's id", required: true },
    release: {
      type: 'boolean',
      description: 'Free the jobs of live trials',
      negativeDescription: 'Let live trials finish',
      default: true,
    },
  },
  run: async ({ args }) => {
    const { client, close } = await connect();
    try {
      await client.workflow.getHandle(args.id).signal('pause', { release: args.release });
      console.log(`pausing ${args.id}; \`temporal sweep resume ${args.id}\` goes on`);
    } catch (error) {
      throw explained(error, args.id);
    } finally {
      await close();
    }
  },
});
