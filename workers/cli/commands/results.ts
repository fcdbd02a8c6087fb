import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { defineCommand } from 'citty';
import { sweepLayout } from '../../../activities/layout.ts';
import { toCsv } from '../../../activities/results/csv.ts';
import { readSummary } from '../../../activities/results/write-results.ts';
import { parseResolved } from '../../resolved.ts';
import { CommandError } from '../command-error.ts';
import { renderResults } from '../render-results.ts';

const FORMATS = ['table', 'csv', 'json'] as const;

/** P13: results come from the sweep's directory and need no server. */
export default defineCommand({
  meta: { name: 'results', description: "All ended trials, best first, from the sweep's files (needs no server)" },
  args: {
    id: { type: 'positional', description: "The sweep's id", required: true },
    root: { type: 'string', description: 'Directory of all sweeps', default: 'sweeps' },
    format: {
      type: 'string',
      description: 'table, csv or json: the content of results.csv or results.json, up to now',
      default: 'table',
    },
    json: { type: 'boolean', description: 'The same as --format json', default: false },
  },
  run: async ({ args }) => {
    const format = args.json ? 'json' : FORMATS.find((name) => name === args.format);
    if (format === undefined) {
      throw new CommandError(`--format is one of ${FORMATS.join(', ')}, not "${args.format}"`, 2);
    }
    const layout = sweepLayout(resolve(args.root), args.id);
    const text = await readFile(layout.resolved, 'utf8').catch(() => {
      const looked = join(args.root, args.id, 'sweep.json');
      throw new CommandError(
        `no sweep "${args.id}" in ${args.root} (looked for ${looked}); --root names another directory`,
      );
    });
    const sweep = parseResolved(text);
    const summary = await readSummary(layout, sweep, await stateIn(layout.resultsJson));
    switch (format) {
      case 'table':
        console.log(renderResults(summary));
        break;
      case 'csv':
        process.stdout.write(toCsv(sweep.space, summary.trials));
        break;
      case 'json':
        console.log(JSON.stringify(summary, null, 2));
    }
  },
});

/** The server knows a live sweep's state; its files know only how it ended. */
async function stateIn(resultsJson: string): Promise<string> {
  const text = await readFile(resultsJson, 'utf8').catch(() => null);
  return text === null ? 'not ended' : (JSON.parse(text) as { readonly state: string }).state;
}
