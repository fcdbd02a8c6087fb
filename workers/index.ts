/** The package's door on Node: the plugin, the schedulers it takes, and what a client needs to start and ask a sweep. */
export { SweepPlugin, type SweepPluginOptions } from './plugin/sweep-plugin.ts';
export { createSlurmScheduler } from '../activities/scheduler/slurm/scheduler.ts';
export { createLocalScheduler } from '../activities/scheduler/local/scheduler.ts';
export type { Scheduler } from '../activities/scheduler/port.ts';
export type { SweepStatus, TrialRow, TrialStatus } from '../workflows/messages.ts';
