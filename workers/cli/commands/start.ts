import { basename, dirname, resolve } from 'node:path';
import { access } from 'node:fs/promises';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { defineCommand } from 'citty';
import { CommandError } from '../command-error.ts';
import { connect } from '../connect.ts';

export default defineCommand({
  meta: { name: 'start', description: 'Start a sweep from its sweep.yaml' },
  args: {
    file: { type: 'positional', description: 'Path of the sweep.yaml', required: true },
    id: {
      type: 'string',
      description: "The sweep's id, and its directory's name (default: the folder's name and the time)",
    },
    from: {
      type: 'string',
      description: 'Id of another sweep under the same root: its complete trials are known from the start',
    },
    'task-queue': { type: 'string', description: 'Task queue of the control worker', default: 'sweeps' },
  },
  run: async ({ args }) => {
    const path = resolve(args.file);
    await access(path).catch(() => {
      throw new CommandError(`no file ${path}`);
    });
    const id = args.id ?? defaultId(path, new Date());
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id)) {
      throw new CommandError(
        `a sweep id is 1 to 64 letters, digits, ".", "_" or "-", starting with a letter or digit, not "${id}"`,
        2,
      );
    }
    const { client, close, address, namespace } = await connect();
    try {
      await client.workflow.start('sweep', {
        taskQueue: args['task-queue'],
        workflowId: id,
        args: [args.from === undefined ? path : { sweep: path, from: args.from }],
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: `sweep ${basename(dirname(path))}/${basename(path)}`,
      });
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) {
        throw new CommandError(
          `sweep "${id}" is already running; \`temporal sweep status ${id}\` shows it, --id names another`,
        );
      }
      throw error;
    } finally {
      await close();
    }
    console.log(`started sweep ${id} (namespace ${namespace} at ${address})`);
    console.log(`  temporal sweep status ${id} --follow`);
    console.log(`  temporal workflow query --workflow-id ${id} --type leaderboard`);
  },
});

export function defaultId(path: string, now: Date): string {
  const folder =
    basename(dirname(path))
      .replace(/[^A-Za-z0-9._-]/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '') || 'sweep';
  const stamp = now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  return `${folder.slice(0, 40)}-${stamp}`;
}
