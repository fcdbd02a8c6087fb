/** Against W&B's own engine; golden/make-quantiles.py made the fixture. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../workflows/messages.ts';
import { propose } from '../../../activities/samplers/propose.ts';
import { normalQuantile } from '../../../activities/sweep-config/normal-quantile.ts';
import { ppf } from '../../../activities/sweep-config/ppf.ts';
import { around, sweepDirectory } from './setup.ts';

interface Golden {
  readonly points: readonly number[];
  readonly quantiles: readonly { readonly yaml: string; readonly values: readonly Json[]; readonly python: string }[];
  readonly grids: readonly { readonly yaml: string; readonly rows: readonly Json[] }[];
}
const golden = JSON.parse(readFileSync(new URL('golden/quantiles.json', import.meta.url), 'utf8')) as Golden;
const { resolve } = sweepDirectory();

describe.each(golden.quantiles)('$yaml', ({ yaml, values, python }) => {
  const sweep = resolve(around(`{p: ${yaml}}`));

  test('quantiles', () => {
    for (const [index, point] of golden.points.entries()) {
      const [mine, theirs] = [ppf(sweep.space['p']!, point), values[index]!];
      if (typeof theirs !== 'number') expect(mine).toEqual(theirs);
      else expect(Math.abs((mine as number) - theirs), `u = ${point}`).toBeLessThanOrEqual(1e-12 * Math.abs(theirs));
    }
  });

  test.runIf(python === 'int' || python === 'float')('type', () => {
    expect(sweep.floats.includes('p')).toBe(python === 'float');
  });
});

test.each(golden.grids)('grid $yaml', ({ yaml, rows }) => {
  const sweep = resolve(around(yaml, 'grid'));
  expect(sweep.size).toBe(rows.length);
  expect(rows.map((_, index) => propose(sweep, index + 1))).toEqual(rows);
  expect(propose(sweep, rows.length + 1)).toBeNull();
});

test('the normal quantile in its three regions, and its symmetry', () => {
  // Tables of the normal distribution to 16 digits.
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14);
  expect(normalQuantile(0.999)).toBeCloseTo(3.090232306167813, 13);
  expect(normalQuantile(1e-20)).toBeCloseTo(-9.26234008979841, 12);
  expect(normalQuantile(0.5)).toBe(0);
  expect(normalQuantile(0.25)).toBe(-normalQuantile(0.75));
});
