/** The disasters of the quickstart, made for real: a job of the high partition, and a `kill -9`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sweepLayout } from '../../activities/layout.ts';
import type { Scheduler } from '../../activities/scheduler/port.ts';
import type { LiveTrial, SweepView } from '../cli/view.ts';

export interface DisturbOptions {
  readonly scheduler: Scheduler;
  /** The partition whose jobs preempt ours. */
  readonly high: string;
  readonly root: string;
  readonly directory: string;
  readonly say: (sentence: string) => void;
}

export interface Disturbances {
  /** Looks at each view and acts when a trial is ready for it. */
  look(view: SweepView): Promise<void>;
  /** What has not happened. */
  missing(): string[];
}

/** Epochs a trial trains before it is disturbed, so that there is something to lose. */
const SETTLED = 3;

export function createDisturbances(options: DisturbOptions): Disturbances {
  let preempted: number | null = null;
  let killed: number | null = null;
  return {
    look: async (view) => {
      const ready = view.live.filter(isSettled);
      const victim = ready.find((trial) => trial.number !== preempted);
      if (victim === undefined) return;
      if (preempted === null) {
        if (!(await preempt(options, victim))) return;
        preempted = victim.number;
      } else if (killed === null && isBack(view, preempted)) {
        killed = kill(options, view.status.sweepId, victim) ? victim.number : null;
      }
    },
    missing: () => [...(preempted === null ? ['the preemption'] : []), ...(killed === null ? ['the kill -9'] : [])],
  };
}

const isSettled = (trial: LiveTrial): boolean => trial.state === 'running' && (trial.heartbeat?.epoch ?? 0) >= SETTLED;

/** The preempted trial trains again, or has ended: one disaster at a time reads better. */
function isBack(view: SweepView, number: number): boolean {
  const trial = view.live.find((one) => one.number === number);
  return trial === undefined || (trial.resumes > 0 && trial.heartbeat !== null);
}

async function preempt({ scheduler, high, directory, say }: DisturbOptions, victim: LiveTrial): Promise<boolean> {
  if (victim.node === null) return false;
  const script = join(directory, 'urgent.sh');
  writeFileSync(script, '#!/bin/bash\nsleep 1\n', { mode: 0o700 });
  const submitted = await scheduler.submit({
    name: 'urgent',
    script,
    directory,
    output: join(directory, 'urgent.log'),
    options: { partition: high, nodelist: victim.node, exclusive: true, time: '00:01:00' },
    leadSeconds: 10,
  });
  if (submitted.kind !== 'submitted') {
    say(`the urgent job was not taken: ${submitted.message}`);
    return false;
  }
  say(`an urgent job (${submitted.jobId}, partition ${high}) takes node ${victim.node}: its trials are preempted`);
  return true;
}

function kill({ root, say }: DisturbOptions, sweepId: string, victim: LiveTrial): boolean {
  const { jobId, restartCount, number } = victim;
  if (jobId === null || restartCount === null) return false;
  const file = sweepLayout(root, sweepId).trial(number).allocation({ jobId, restartCount }).ready;
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL');
  } catch {
    return false; // it has just left
  }
  say(`kill -9 of the agent of trial ${number} (job ${jobId})`);
  return true;
}
