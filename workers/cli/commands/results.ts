import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineCommand } from 'citty';
import { readTrials } from '../../../activities/results/read-trials.ts';
import { sweepLayout } from '../../../activities/layout.ts';
import type { ResolvedSweep } from '../../../activities/sweep-config/resolved-sweep.ts';
import { CommandError } from '../command-error.ts';
import { renderResults } from '../render.ts';

/** P13: results come from the sweep's directory and need no server. */
export default defineCommand({
  meta: { name: 'results', description: "All ended trials, best first, from the sweep's files (needs no server)" },
  args: {
    id: { type: 'positional', description: "The sweep's id", required: true },
    root: { type: 'string', description: 'Directory of all sweeps', default: 'sweeps' },
    json: { type: 'boolean', description: 'Print JSON', default: false },
  },
  run: async ({ args }) => {
    const layout = sweepLayout(args.root, args.id);
    const text = await readFile(layout.resolved, 'utf8').catch(() => {
      throw new CommandError(
        `no sweep "${args.id}" in ${args.root} (looked for ${join(layout.directory, 'sweep.json')}); --root names another directory`,
      );
    });
    const sweep = JSON.parse(text) as ResolvedSweep;
    const trials = await readTrials(layout.trials);
    console.log(args.json ? JSON.stringify(trials, null, 2) : renderResults(trials, sweep.metric));
  },
});
