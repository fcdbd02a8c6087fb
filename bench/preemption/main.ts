/**
 * How long a trial is away: milliseconds from a notice to the first new batch, stage by stage, on a real Temporal server
 * and a private SLURM. See bench/README.md.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { packageRoot } from '../../workers/package-root.ts';
import { startTestStack, type TestStack } from '../../test/e2e/support/stack.ts';
import { describeMachine, load } from '../support/machine.ts';
import * as kinds from './kinds.ts';
import { report, type Column } from './report.ts';
import { series } from './series.ts';
import { startHoldingWorker } from './without-release.ts';

const { values } = parseArgs({
  options: {
    notices: { type: 'string', default: '10' },
    limits: { type: 'string', default: '4' },
    held: { type: 'string', default: '2' },
    only: { type: 'string' },
    out: { type: 'string' },
    'no-setup': { type: 'boolean', default: false },
  },
});
const told = (line: string): void => console.error(`[bench, load ${load()}] ${line}`);

if (!values['no-setup'])
  await promisify(execFile)(process.execPath, [join(packageRoot(), 'scripts/setup.mjs')], { cwd: packageRoot() });
const stack = await startTestStack({ scheduler: 'slurm', worker: false });
try {
  const columns = await measure(stack);
  const text = `${report(columns)}\n\n${await describeMachine(stack)}\n`;
  console.log(text);
  if (values.out !== undefined) await writeFile(values.out, JSON.stringify(columns, null, 1));
} finally {
  await stack.stop();
}

async function measure(stack: TestStack): Promise<Column[]> {
  const trace = join(stack.directory, 'trace.jsonl');
  await stack.worker.start({ TEMPORAL_SWEEP_TRACE: trace });
  const wanted = (kind: kinds.Kind): boolean =>
    values.only === undefined || values.only.split(',').includes(kind.name.split(' ')[0]!);
  const columns: Column[] = [];
  const holding = Number(values.held) > 0 ? holdWithoutRelease(stack, Number(values.held)) : null;
  holding?.columns.catch(() => {}); // awaited below
  await holding?.allHeld;
  const measured = [kinds.step, kinds.batch, kinds.preemptor, kinds.kill, kinds.limit].filter(wanted);
  for (const [index, kind] of measured.entries()) {
    const count = Number(kind === kinds.limit ? values.limits : values.notices);
    // A preemptor might take the node of a trial that waits out its hold, and send it behind another one.
    if (kind === kinds.preemptor) await holding?.columns;
    const plan = {
      sweepId: `bench-${index}`,
      kind,
      count,
      taskQueue: 'sweeps',
      root: stack.root,
      trace,
      patience: 120,
      told,
    };
    columns.push({ name: kind.name, zero: kind.zero, samples: await series(stack, plan) });
  }
  return holding === null ? columns : [...columns, await holding.columns];
}

/** `allHeld` resolves when every trial waits behind its hold: from then on it takes no time from the others. */
function holdWithoutRelease(stack: TestStack, count: number): { columns: Promise<Column>; allHeld: Promise<void> } {
  let held = 0;
  let resolve = (): void => {};
  const allHeld = new Promise<void>((done) => (resolve = done));
  const kind: kinds.Kind = {
    ...kinds.batch,
    begin: async (victim) => {
      const zero = await kinds.batch.begin(victim);
      if (++held === count) setTimeout(resolve, 2_000);
      return zero;
    },
  };
  const columns = (async () => {
    const worker = await startHoldingWorker(stack);
    try {
      const plan = { kind, count: 1, ...worker, patience: 200, told };
      const samples = await Promise.all(
        Array.from({ length: count }, (_, index) => series(stack, { ...plan, sweepId: `held-${index}` })),
      );
      return { name: 'without release', zero: kind.zero, samples: samples.flat() };
    } finally {
      resolve();
      await worker.stop();
    }
  })();
  return { columns, allHeld };
}
