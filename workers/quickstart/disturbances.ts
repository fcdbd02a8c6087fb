/** The disasters of the quickstart, made for real: a job of the high partition, and a `kill -9`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Scheduler } from '../../activities/scheduler/port.ts';
import type { LiveTrial, SweepView } from '../cli/view.ts';
import { killAgent } from './kill.ts';
import { URGENT } from './left-overs.ts';
import { nextDisaster, type Made } from './next-disaster.ts';

export interface DisturbOptions {
  readonly client: Client;
  readonly scheduler: Scheduler;
  /** The partition whose jobs preempt ours. */
  readonly high: string;
  readonly root: string;
  readonly directory: string;
  readonly epochs: number;
  readonly say: (sentence: string) => void;
  /** Hears how far a killed segment had come. */
  readonly reached: (trial: number, segment: number, step: number) => void;
}

export interface Disturbances {
  /** Looks at each view and acts when a trial is ready for it. */
  look(view: SweepView): Promise<void>;
}

export function createDisturbances(options: DisturbOptions): Disturbances {
  const made: Made[] = [];
  return {
    look: async (view) => {
      const next = nextDisaster(view, made, options.epochs);
      if (next === null) return;
      const { kind, victim } = next;
      const done =
        kind === 'preemption' ? await preempt(options, victim) : await kill(options, view.status.sweepId, victim);
      if (done)
        made.push({
          kind,
          trial: victim.number,
          segment: victim.segments,
          interruptions: victim.interruptions.length,
          resumes: victim.resumes,
        });
    },
  };
}

async function preempt({ scheduler, high, directory, say }: DisturbOptions, victim: LiveTrial): Promise<boolean> {
  if (victim.node === null) return false;
  const script = join(directory, 'urgent.sh');
  writeFileSync(script, '#!/bin/bash\nsleep 5\n', { mode: 0o700 });
  const submitted = await scheduler.submit({
    name: URGENT,
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

async function kill(
  { client, root, say, reached }: DisturbOptions,
  sweepId: string,
  victim: LiveTrial,
): Promise<boolean> {
  const last = await killAgent(client, root, sweepId, victim);
  if (last === null) return false;
  reached(victim.number, victim.segments, last.step);
  say(
    `kill -9 of the agent of trial ${victim.number} (job ${victim.jobId}) in epoch ${last.epoch}, batch ${last.batch}`,
  );
  return true;
}
