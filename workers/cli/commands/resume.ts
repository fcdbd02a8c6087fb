import { defineCommand } from 'citty';
import { connect } from '../connect.ts';
import { explained } from '../view.ts';

export default defineCommand({
  meta: { name: 'resume', description: 'End a pause, or try a refused submission again' },
  args: {
    id: { type: 'positional', description: "The sweep's id", required: true },
  },
  run: async ({ args }) => {
    const { client, close } = await connect();
    try {
      await client.workflow.getHandle(args.id).signal('resume');
      console.log(`resumed ${args.id}`);
    } catch (error) {
      throw explained(error, args.id);
    } finally {
      await close();
    }
  },
});
