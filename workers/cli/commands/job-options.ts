import { WorkflowUpdateFailedError } from '@temporalio/client';
import { defineCommand } from 'citty';
import type { JobOptions } from '../../../workflows/messages.ts';
import { CommandError } from '../command-error.ts';
import { connect } from '../connect.ts';
import { explained } from '../view.ts';

export default defineCommand({
  meta: { name: 'job-options', description: 'Change the sbatch options of jobs submitted from now on' },
  args: {
    id: { type: 'positional', description: "The sweep's id", required: true },
    option: {
      type: 'positional',
      description: 'NAME=VALUE, NAME for an option without a value, NAME= to take one away; any number of them',
      required: true,
    },
  },
  run: async ({ args }) => {
    const [, ...words] = args._;
    const { client, close } = await connect();
    try {
      const handle = client.workflow.getHandle(args.id);
      const { options } = await handle.executeUpdate<{ options: JobOptions }, [JobOptions]>('setJobOptions', {
        args: [Object.fromEntries(words.map(readWord))],
      });
      const all = Object.entries(options).map(([name, value]) => writeWord(name, value));
      console.log(`${args.id} submits jobs from now on with ${all.join(' ')}`);
      console.log(`if SLURM refused a submission before: temporal sweep resume ${args.id}`);
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) throw new CommandError(error.cause?.message ?? error.message, 2);
      throw explained(error, args.id);
    } finally {
      await close();
    }
  },
});

function readWord(word: string): [name: string, value: string | true | null] {
  const cut = word.indexOf('=');
  if (cut === -1) return [word, true];
  return [word.slice(0, cut), word.slice(cut + 1) || null];
}

function writeWord(name: string, value: string | true | null): string {
  if (value === true) return `--${name}`;
  return value === null ? `(no ${name})` : `--${name}=${value}`;
}
