import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineCommand } from 'citty';
import { trialLayout } from '../../../activities/layout.ts';
import { CommandError } from '../command-error.ts';
import { connect } from '../connect.ts';
import { sweepStatus } from '../view.ts';

export default defineCommand({
  meta: { name: 'logs', description: "Print the output of a trial's jobs" },
  args: {
    id: { type: 'positional', description: "The sweep's id", required: true },
    trial: { type: 'positional', description: "The trial's number", required: true },
  },
  run: async ({ args }) => {
    const { client, close } = await connect();
    try {
      const { directory } = await sweepStatus(client, args.id);
      const layout = trialLayout(join(directory, 'trials', args.trial));
      const submissions = await readdir(join(layout.directory, 'submissions')).catch(() => {
        throw new CommandError(`trial ${args.trial} has no job yet (looked in ${layout.directory})`);
      });
      for (const submission of submissions.map(Number).sort((a, b) => a - b)) {
        process.stdout.write(await readFile(layout.submission(submission).output, 'utf8').catch(() => ''));
      }
    } finally {
      await close();
    }
  },
});
