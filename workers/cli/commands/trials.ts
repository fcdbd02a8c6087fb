import { defineCommand } from 'citty';
import { connect } from '../connect.ts';
import { renderTrials } from '../render.ts';
import { viewSweep } from '../view.ts';

export default defineCommand({
  meta: { name: 'trials', description: 'Live trials and leaders; `results` lists all that have ended' },
  args: {
    id: { type: 'positional', description: "The sweep's id", required: true },
    json: { type: 'boolean', description: 'Print JSON', default: false },
  },
  run: async ({ args }) => {
    const { client, close } = await connect();
    try {
      const view = await viewSweep(client, args.id);
      console.log(args.json ? JSON.stringify([...view.live, ...view.leaders], null, 2) : renderTrials(view));
    } finally {
      await close();
    }
  },
});
