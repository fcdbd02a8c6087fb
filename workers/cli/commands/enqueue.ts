import { WorkflowUpdateFailedError } from '@temporalio/client';
import { defineCommand } from 'citty';
import { parse } from 'yaml';
import { NESTED, nest } from '../../../activities/sweep-config/space.ts';
import type { Hyperparameters, Json } from '../../../workflows/messages.ts';
import { CommandError } from '../command-error.ts';
import { connect } from '../connect.ts';
import { explained } from '../view.ts';

export default defineCommand({
  meta: { name: 'enqueue', description: 'Start one more trial, next, with hyperparameters of your own' },
  args: {
    id: { type: 'positional', description: "The sweep's id", required: true },
    value: {
      type: 'positional',
      description: `NAME=VALUE (nested: optimizer${NESTED}lr=0.1), any number of them; the sampler fills in the rest`,
      required: true,
    },
  },
  run: async ({ args }) => {
    const [, ...words] = args._;
    const hyperparameters = nest(words.map(readWord));
    const { client, close } = await connect();
    try {
      const handle = client.workflow.getHandle(args.id);
      const { queued } = await handle.executeUpdate<{ queued: number }, [Hyperparameters]>('enqueueTrial', {
        args: [hyperparameters],
      });
      console.log(`${args.id} starts it when a place is free (${queued} waiting)`);
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) throw new CommandError(error.cause?.message ?? error.message, 2);
      throw explained(error, args.id);
    } finally {
      await close();
    }
  },
});

/** Values mean what they mean in sweep.yaml: 1e-3 is a number, true a boolean, adam text. */
function readWord(word: string): [name: string, value: Json] {
  const cut = word.indexOf('=');
  if (cut < 1) throw new CommandError(`hyperparameters are given as NAME=VALUE, such as lr=0.1, not "${word}"`, 2);
  try {
    return [word.slice(0, cut), parse(word.slice(cut + 1)) as Json];
  } catch {
    throw new CommandError(`the value of ${word} cannot be read; it is written as in sweep.yaml`, 2);
  }
}
