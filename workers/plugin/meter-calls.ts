/** P10: every SLURM command as a metric, where the Worker's Runtime exports any. */
import type { MetricMeter } from '@temporalio/common';
import type { Scheduler } from '../../activities/scheduler/port.ts';

export const COMMANDS = 'temporal_sweep_slurm_commands';
export const DURATIONS = 'temporal_sweep_slurm_command_duration';
/** Milliseconds: from an idle controller to the client's own time-outs. */
export const DURATION_BUCKETS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000] as const;

/** @returns what ends it. The local scheduler's calls are no commands and are not metered. */
export function meterCalls(scheduler: Scheduler, meter: MetricMeter): () => void {
  if (scheduler.kind !== 'slurm') return () => {};
  const commands = meter.createCounter(COMMANDS, undefined, 'SLURM commands run, by command and result');
  const durations = meter.createHistogram(DURATIONS, 'int', 'ms', 'Duration of SLURM commands');
  return scheduler.observe(({ command, milliseconds, result, throttled }) => {
    commands.add(1, { command, result, throttled });
    durations.record(Math.round(milliseconds), { command });
  });
}
