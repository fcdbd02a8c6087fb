/**
 * The trainer's speed on the MNIST example, beside Keras on the same libtensorflow: images per second, and process start
 * → first batch. See bench/README.md.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { digits } from '../../examples/mnist/digits.ts';
import { packageRoot } from '../../workers/package-root.ts';
import { describeComputer } from '../support/machine.ts';
import { markdown, type Spread, spread } from '../support/statistics.ts';
import { firstBatchOfKeras, firstBatchOfOurs } from './first-batch.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '4' },
    epochs: { type: 'string', default: '12' },
    threads: { type: 'string', default: '1,2' },
    starts: { type: 'string', default: '7' },
  },
});

const REQUIREMENTS = ['tensorflow-cpu==2.21.0', 'keras==3.15.1'];
const BATCH_SIZE = 256;
const LEARNING_RATE = 0.05;
/** Epochs that only warm up. */
const WARM_UP = 2;
const KINDS = ['fit', 'eager', 'ours'] as const;
type Kind = (typeof KINDS)[number];
const NAMES: Readonly<Record<Kind, string>> = { fit: 'Keras fit', eager: 'Keras eager', ours: 'temporal-sweep' };

type Rates = Record<Kind, number[]>;
const noRates = (): Rates => ({ fit: [], eager: [], ours: [] });

interface Measured {
  readonly seconds: readonly number[];
  readonly loss: number;
  readonly version: string;
}

const execute = promisify(execFile);
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

const keras = await installKeras();
// An agent starts what is compiled.
await execute(process.execPath, [here('../../scripts/build.mjs')]);
const directory = await mkdtemp(join(tmpdir(), 'bench-trainer-'));
try {
  const { inputs, labels } = digits().train;
  await writeFile(join(directory, 'images.f32'), inputs.values);
  await writeFile(join(directory, 'labels.u8'), labels.values);
  const images = labels.values.length;
  const versions = new Set<string>();
  console.log(`${await speeds(images, versions)}\n`);
  console.log(`${await sideBySide(images)}\n`);
  console.log(`${await starts()}\n`);
  console.log(`${describeComputer()}; libtensorflow ${[...versions].join(' and ')}, ${REQUIREMENTS.join(', ')}`);
} finally {
  await rm(directory, { recursive: true, force: true });
}
process.exit(0);

/** Rounds in which the three take turns, so that what else the machine does meets all of them. */
async function speeds(images: number, versions: Set<string>): Promise<string> {
  const rows: string[][] = [];
  for (const threads of values.threads.split(',')) {
    const [median, best, losses]: [Rates, Rates, Rates] = [noRates(), noRates(), noRates()];
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const kind of KINDS) {
        const { seconds, loss, version } = await measure(kind, threads);
        const epochs = spread(seconds.slice(WARM_UP))!;
        median[kind].push(images / epochs.median);
        best[kind].push(images / epochs.least);
        losses[kind].push(loss);
        versions.add(version);
      }
    }
    const fastest = (kind: Kind): number => Math.max(...best[kind]);
    for (const kind of KINDS) {
      const ratios = (to: Kind): string[] => {
        if (kind === to) return ['1', '1'];
        const perRound = median[kind].map((rate, round) => rate / median[to][round]!);
        return [range(spread(perRound), 2), (fastest(kind) / fastest(to)).toFixed(2)];
      };
      rows.push([
        `${NAMES[kind]}, threads ${threads}`,
        range(spread(median[kind]), 0),
        fastest(kind).toFixed(0),
        ...ratios('fit'),
        ...ratios('eager'),
        losses[kind].at(-1)!.toFixed(3),
      ]);
    }
  }
  const ratios = KINDS.slice(0, 2).flatMap((kind) => [`of ${kind}, per round`, 'best epochs']);
  return markdown(['', 'images/s, median epoch', 'best epoch', ...ratios, 'last loss'], rows);
}

async function measure(kind: Kind, threads: string): Promise<Measured> {
  const env = environment(threads);
  const command =
    kind === 'ours'
      ? [process.execPath, '-C', 'source', '--import', 'tsx', here('ours.ts'), values.epochs]
      : peer(kind, values.epochs);
  const { stdout } = await execute(command[0]!, command.slice(1), { env, cwd: packageRoot() });
  const measured = JSON.parse(stdout.trim().split('\n').at(-1)!) as Measured;
  console.error(`${kind}, threads ${threads}: ${measured.seconds.map((one) => one.toFixed(3)).join(' ')}`);
  return measured;
}

/** Is a node better used by two trials with a thread each, or by one with two? Images of all trials together. */
async function sideBySide(images: number): Promise<string> {
  const [two, one]: [number[], number[]] = [[], []];
  const rate = ({ seconds }: Measured): number => images / spread(seconds.slice(WARM_UP))!.median;
  for (let round = 0; round < Number(values.rounds); round++) {
    const pair = await Promise.all([measure('ours', '1'), measure('ours', '1')]);
    two.push(pair.map(rate).reduce((sum, own) => sum + own));
    one.push(rate(await measure('ours', '2')));
  }
  const ratio = two.map((rates, round) => rates / one[round]!);
  return markdown(
    ['temporal-sweep', 'images/s together', 'of one with two threads, per round'],
    [
      ['two trials side by side, threads 1', range(spread(two), 0), range(spread(ratio), 2)],
      ['one trial, threads 2', range(spread(one), 0), '1'],
    ],
  );
}

async function starts(): Promise<string> {
  const env = environment('1');
  const [ours, theirs]: [number[], number[]] = [[], []];
  // The first of each only brings its files into memory.
  for (let time = 0; time <= Number(values.starts); time++) {
    const pair = [await firstBatchOfOurs(env), await firstBatchOfKeras(peer('first', '1'), env)] as const;
    console.error(`first batch: ${pair.map(Math.round).join(' ')} ms`);
    if (time === 0) continue;
    ours.push(pair[0]);
    theirs.push(pair[1]);
  }
  return markdown(
    ['process start → first batch, warm', `ms, n=${values.starts}`],
    [
      ['temporal-sweep', range(spread(ours), 0)],
      ['Keras train_on_batch', range(spread(theirs), 0)],
    ],
  );
}

function range(of: Spread | null, digits: number): string {
  return of === null ? '-' : `${of.median.toFixed(digits)} [${of.least.toFixed(digits)}–${of.most.toFixed(digits)}]`;
}

function environment(threads: string): NodeJS.ProcessEnv {
  const pinned = { TF_NUM_INTRAOP_THREADS: threads, TF_NUM_INTEROP_THREADS: threads, TF_ENABLE_ONEDNN_OPTS: '1' };
  return { ...process.env, ...pinned, TF_CPP_MIN_LOG_LEVEL: '2', CUDA_VISIBLE_DEVICES: '' };
}

function peer(mode: string, epochs: string): string[] {
  return [keras, here('peer.py'), mode, directory, epochs, String(BATCH_SIZE), String(LEARNING_RATE)];
}

/** @returns the path of a Python that has it; half a gigabyte is downloaded once. */
async function installKeras(): Promise<string> {
  const { pythonPackages } = (await import(here('../../scripts/setup/python.mjs'))) as {
    pythonPackages(
      tools: string,
      name: string,
      requirements: readonly string[],
      options: { timeoutSeconds: number },
    ): Promise<{ did: string; python: string | null }>;
  };
  const tools = join(packageRoot(), '.tools');
  const { did, python } = await pythonPackages(tools, 'bench-keras', REQUIREMENTS, { timeoutSeconds: 900 });
  console.error(did);
  if (python === null) throw new Error('there is nothing to compare with');
  return python;
}
