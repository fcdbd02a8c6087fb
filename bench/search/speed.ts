/** Milliseconds from the question for a proposal until its result is told, after so many observations. */
import { encodeSpace } from '../../activities/samplers/encoded-space.ts';
import { generator } from '../../activities/samplers/generator.ts';
import { createGp } from '../../activities/samplers/gp/gp.ts';
import type { CreateModel, Observation } from '../../activities/samplers/model.ts';
import { createTpe } from '../../activities/samplers/tpe/tpe.ts';
import { markdown, spread } from '../support/statistics.ts';
import type { Companion } from './json-lines.ts';

const PARAMETERS = 8;
/** Questions before the clock counts: caches fill, code is compiled. */
const WARM_UP = 5;

interface Case {
  readonly name: 'tpe' | 'gp';
  readonly create: CreateModel;
  readonly observations: number;
}
const CASES: readonly Case[] = [
  { name: 'tpe', create: createTpe, observations: 1_000 },
  { name: 'tpe', create: createTpe, observations: 10_000 },
  { name: 'gp', create: createGp, observations: 200 },
];

/** @param optuna names of Optuna's samplers that are there. */
export async function speedTable(asks: number, peers: Companion | null, optuna: readonly string[]): Promise<string> {
  const rows: string[][] = [];
  for (const { name, create, observations } of CASES) {
    const ours = spread(speedOfOurs(create, observations, asks + WARM_UP).slice(WARM_UP))!;
    const row = [`${name}, ${observations} observations`, milliseconds(ours)];
    const theirs = `optuna-${name}`;
    if (peers !== null && optuna.includes(theirs)) {
      const question = { speed: theirs, observations, asks: asks + WARM_UP, parameters: PARAMETERS };
      const taken = spread((await peers.ask<number[]>(question)).slice(WARM_UP))!;
      row.push(milliseconds(taken), (taken.median / ours.median).toFixed(1));
    } else row.push('-', '-');
    rows.push(row);
  }
  return markdown([`ms per trial, ${PARAMETERS} parameters, n=${asks}`, 'ours', 'optuna', 'times faster'], rows);
}

function speedOfOurs(create: CreateModel, observations: number, asks: number): number[] {
  const space = encodeSpace(
    Object.fromEntries(
      Array.from({ length: PARAMETERS }, (_, index) => [`x${index}`, { distribution: 'uniform', min: 0, max: 1 }]),
    ),
  );
  const random = generator('bench-speed');
  const model = create(space, { seed: 0, objectives: 1 });
  const observe = (number: number, point: Float64Array): Observation => {
    const values = [point.reduce((sum, x) => sum + (x - 0.3) ** 2, 0)];
    return { number, point, state: 'complete', values, step: 0 };
  };
  for (let number = 1; number <= observations; number++)
    model.tell(observe(number, Float64Array.from({ length: PARAMETERS }, random)));
  return Array.from({ length: asks }, (_, index) => {
    const number = observations + 1 + index;
    const since = performance.now();
    model.tell(observe(number, model.ask(number, [])));
    return performance.now() - since;
  });
}

const milliseconds = ({ median, least, most }: Readonly<Record<'median' | 'least' | 'most', number>>): string =>
  `${median.toFixed(2)} [${least.toFixed(2)}–${most.toFixed(2)}]`;
