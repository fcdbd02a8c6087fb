import { resolve } from 'node:path';
import { defineCommand } from 'citty';

export default defineCommand({
  meta: { name: 'worker', description: 'Run the control worker beside SLURM, against an existing Temporal' },
  args: {
    root: { type: 'string', description: 'Directory of all sweeps, shared with the compute nodes', default: 'sweeps' },
    'task-queue': { type: 'string', description: 'Task queue of the sweeps', default: 'sweeps' },
    'poll-interval': {
      type: 'string',
      description: 'Seconds between two queries of SLURM for all jobs',
      default: '30',
    },
    'clock-margin': {
      type: 'string',
      description: "Milliseconds by which this host's clock may be behind that of SLURM's controller",
      default: '0',
    },
    'history-limit': {
      type: 'string',
      description: 'Sweeps continue as new after so many events (default: when Temporal suggests it)',
    },
    'allow-inline': {
      type: 'boolean',
      description:
        'Accept programs and sbatch options in inline sweeps: whoever may start a workflow may then run commands',
      default: false,
    },
    metrics: {
      type: 'string',
      description: 'IP address and port for Prometheus, such as 127.0.0.1:9464 (default: no metrics)',
    },
    'local-scheduler': { type: 'string', description: 'Socket of a running local scheduler, instead of SLURM' },
  },
  run: async ({ args }) => {
    const { installRuntime, startControlWorker } = await import('../../control-worker.ts');
    const socket = args['local-scheduler'];
    const local = socket === undefined ? null : await import('../../../activities/scheduler/local/scheduler.ts');
    installRuntime(args.metrics === undefined ? {} : { metrics: args.metrics });
    const worker = await startControlWorker({
      root: resolve(args.root),
      taskQueue: args['task-queue'],
      pollIntervalMs: Number(args['poll-interval']) * 1_000,
      clockMarginMs: Number(args['clock-margin']),
      allowInline: args['allow-inline'],
      ...(args['history-limit'] !== undefined && { historyLimit: Number(args['history-limit']) }),
      ...(local !== null && socket !== undefined && { scheduler: local.createLocalScheduler({ socket }) }),
    });
    const stop = (): void => void worker.stop();
    // Not `once`: a handler that is gone when it is called looks like none to execa's own, which then ends this process.
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    console.log(
      `control worker: ${worker.address}, namespace ${worker.namespace}, task queue ${worker.taskQueue}, root ${resolve(args.root)}`,
    );
    await worker.done;
  },
});
