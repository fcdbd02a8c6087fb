import { defineCommand } from 'citty';
import { connect } from '../connect.ts';
import { explained } from '../view.ts';

export default defineCommand({
  meta: { name: 'cancel', description: 'Checkpoint and end all trials; files and checkpoints stay' },
  args: {
    id: { type: 'positional', description: "The sweep's id", required: true },
  },
  run: async ({ args }) => {
    const { client, close } = await connect();
    try {
      await client.workflow.getHandle(args.id).cancel();
      console.log(`cancelling ${args.id}; its trials checkpoint and their jobs leave SLURM`);
    } catch (error) {
      throw explained(error, args.id);
    } finally {
      await close();
    }
  },
});
