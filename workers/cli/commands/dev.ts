import { resolve } from 'node:path';
import { defineCommand } from 'citty';
import { CommandError } from '../command-error.ts';

export default defineCommand({
  meta: { name: 'dev', description: 'Everything on this machine: Temporal, Web UI, private SLURM, control worker' },
  args: {
    root: { type: 'string', description: 'Directory of all sweeps', default: 'sweeps' },
    directory: {
      type: 'string',
      description: "The stack's own files: database, cluster state, logs",
      default: '.temporal-sweep',
    },
    port: { type: 'string', description: "Temporal's port", default: '7233' },
    'ui-port': { type: 'string', description: "The Web UI's port (default: port + 1000)" },
    scheduler: { type: 'string', description: 'auto, slurm (a private one) or local', default: 'auto' },
  },
  run: async ({ args }) => {
    const { startStack } = await import('../../dev/stack.ts');
    if (args.scheduler !== 'auto' && args.scheduler !== 'slurm' && args.scheduler !== 'local') {
      throw new CommandError(`--scheduler is auto, slurm or local, not "${args.scheduler}"`, 2);
    }
    const port = portNumber('--port', args.port);
    // Heard from the first moment: a Ctrl-C during start-up must stop what has started.
    let interrupt = (): void => {};
    const interrupted = new Promise<void>((done) => (interrupt = done));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
    const stack = await startStack({
      directory: resolve(args.directory),
      root: resolve(args.root),
      port,
      uiPort: args['ui-port'] === undefined ? port + 1_000 : portNumber('--ui-port', args['ui-port']),
      scheduler: args.scheduler,
      log: console.log,
    }).catch((error: unknown) => {
      throw error instanceof CommandError
        ? error
        : new CommandError(error instanceof Error ? error.message : String(error));
    });
    console.log(`Temporal    ${stack.address}      temporal workflow list --address ${stack.address}`);
    console.log(`Web UI      ${stack.uiUrl}`);
    console.log(
      `Scheduler   ${stack.scheduler.kind}${stack.environment['SLURM_CONF'] === undefined ? '' : `      SLURM_CONF=${stack.environment['SLURM_CONF']} squeue`}`,
    );
    console.log(`Sweeps      ${resolve(args.root)}`);
    console.log('Ready. Start a sweep: temporal sweep start examples/mnist/sweep.yaml      Ctrl-C stops everything.');
    try {
      await Promise.race([interrupted, stack.done]);
      console.log('stopping: running trials checkpoint; the next `temporal sweep dev` goes on with them');
    } finally {
      await stack.stop();
    }
  },
});

function portNumber(name: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new CommandError(`${name} is a port from 1 to 65535, not "${text}"`, 2);
}
