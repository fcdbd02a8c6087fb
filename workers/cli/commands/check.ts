import { defineCommand } from 'citty';
import { checkSweep, renderChecked } from '../checked.ts';

/** Exit code: 0 when the sweep could be started, 1 when it would be refused. Needs neither Temporal nor SLURM. */
export default defineCommand({
  meta: {
    name: 'check',
    description: 'Tell what a sweep.yaml means: its space, its first ten trials, every complaint',
  },
  args: {
    file: { type: 'positional', description: 'Path of the sweep.yaml', required: true },
    strict: { type: 'boolean', description: "Take W&B's violations for errors", default: false },
    json: { type: 'boolean', description: 'Print JSON', default: false },
  },
  run: ({ args }) => {
    const checked = checkSweep(args.file, { baseDirectory: process.cwd(), strict: args.strict });
    console.log(args.json ? JSON.stringify(checked, null, 2) : renderChecked(checked));
    return checked.ok ? 0 : 1;
  },
});
