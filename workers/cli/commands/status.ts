import { defineCommand } from 'citty';
import { connect } from '../connect.ts';
import { follow } from '../follow.ts';
import { renderSweep } from '../render.ts';
import { viewSweep } from '../view.ts';

export default defineCommand({
  meta: { name: 'status', description: 'State, trials and leaders of a sweep' },
  args: {
    id: { type: 'positional', description: "The sweep's id", required: true },
    follow: { type: 'boolean', alias: 'f', description: 'Stay until the sweep has ended', default: false },
    json: { type: 'boolean', description: 'Print JSON', default: false },
  },
  run: async ({ args }) => {
    const { client, close } = await connect();
    try {
      if (args.follow) return await follow(client, args.id);
      const view = await viewSweep(client, args.id);
      console.log(args.json ? JSON.stringify(view, null, 2) : renderSweep(view));
      return 0;
    } finally {
      await close();
    }
  },
});
