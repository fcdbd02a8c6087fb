/**
 * What the scheduler is asked, and how fast its answers are read. See bench/README.md.
 *
 * 1. calls: SLURM commands per hour with 20, 100 and 1,000 running trials.   2. snapshot: 10,000 jobs, parsed.
 * 3. submissions: per second, with and without the rate limit, beside sbatch alone.
 * A dead node has a bench of its own beside this one: it needs a cluster whose nodes it may break.
 */
import { parseArgs } from 'node:util';
import { describeComputer } from '../support/machine.ts';
import { markdown } from '../support/statistics.ts';
import { measureCalls } from './calls.ts';
import { measureSnapshot } from './snapshot.ts';
import { measureSubmissions } from './submissions.ts';

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '20,100,1000' },
    jobs: { type: 'string', default: '10000' },
    submissions: { type: 'string', default: '60' },
  },
});

const calls = await measureCalls(values.trials.split(',').map(Number));
console.log(
  markdown(
    ['one simulated hour of polling', 'squeue/h', 'sacct/h', 'all/h', 'per trial-hour', 'of one squeue per trial'],
    calls.map(({ trials, squeue, sacct, rounds }) => [
      `${trials} trials`,
      String(squeue),
      String(sacct),
      String(squeue + sacct),
      ((squeue + sacct) / trials).toFixed(2),
      ((squeue + sacct) / (trials * rounds)).toFixed(4),
    ]),
  ),
);

const snapshot = await measureSnapshot(Number(values.jobs));
const floor = snapshot[0]!.milliseconds;
console.log(
  `\n${markdown(
    [`snapshot of ${values.jobs} jobs`, 'MB', 'ms, median', 'ms, most', 'of the floor'],
    snapshot.map(({ name, megabytes, milliseconds, most }) => [
      name,
      megabytes.toFixed(1),
      milliseconds.toFixed(1),
      most.toFixed(1),
      (milliseconds / floor).toFixed(1),
    ]),
  )}`,
);

const submissions = await measureSubmissions(Number(values.submissions));
console.log(
  `\n${markdown(
    [`${values.submissions} submissions at once`, 'seconds', 'per second', 'of sbatch alone'],
    submissions.map(({ name, seconds, perSecond, ofFloor }) => [
      name,
      seconds.toFixed(2),
      perSecond.toFixed(1),
      ofFloor.toFixed(2),
    ]),
  )}`,
);
console.log(`\n${describeComputer()}`);
