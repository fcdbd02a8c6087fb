/** Against W&B's own engine; golden/make-quantiles.py made the fixture. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Json } from '../../../workflows/messages.ts';
import { propose } from '../../../activities/samplers/propose.ts';
import { betaCdf, betaQuantile } from '../../../activities/sweep-config/beta.ts';
import { normalQuantile } from '../../../activities/sweep-config/normal-quantile.ts';
import { ppf } from '../../../activities/sweep-config/ppf.ts';
import { around, sweepDirectory } from './setup.ts';

interface Golden {
  readonly points: number;
  readonly quantiles: readonly {
    readonly yaml: string;
    readonly python: string;
    /** The parameter with W&B's defaults and its distribution written out. */
    readonly filled: Readonly<Record<string, Json>>;
    /** Equal values in a row, with their number. */
    readonly runs?: readonly (readonly [value: Json, count: number])[];
    /** Little-endian float64, base64. */
    readonly floats?: string;
    /** The distribution function at some of the floats. */
    readonly cdf?: readonly (readonly [value: number, u: number])[];
  }[];
  readonly grids: readonly { readonly yaml: string; readonly rows: readonly Json[] }[];
}
const golden = JSON.parse(readFileSync(new URL('golden/quantiles.json', import.meta.url), 'utf8')) as Golden;
const { resolve } = sweepDirectory();

const pointAt = (index: number): number => {
  if (index === 0) return 1e-12;
  return index === golden.points - 1 ? 1 - 1e-12 : (index + 0.5) / golden.points;
};
function valuesOf({ runs, floats }: Golden['quantiles'][number]): readonly Json[] {
  if (runs !== undefined) return runs.flatMap(([value, count]) => Array.from({ length: count }, () => value));
  const bytes = Buffer.from(floats!, 'base64');
  return Array.from({ length: golden.points }, (_, index) => bytes.readDoubleLE(index * 8));
}

const parameterOf = (yaml: string) => resolve(around(`{p: ${yaml}}`)).space['p']!;

test.each(golden.quantiles)('$yaml: 1,001 quantiles to 12 digits', (entry) => {
  const distribution = parameterOf(entry.yaml);
  const values = valuesOf(entry);
  expect(values).toHaveLength(1_001);
  for (const [index, theirs] of values.entries()) {
    const mine = ppf(distribution, pointAt(index));
    if (typeof theirs !== 'number') expect(mine).toEqual(theirs);
    else if (!(Math.abs((mine as number) - theirs) <= 1e-12 * Math.abs(theirs)))
      expect.fail(`at ${pointAt(index)}: ${JSON.stringify(mine)}, not ${theirs}`);
  }
});

test.each(golden.quantiles.filter(({ python }) => python === 'int' || python === 'float'))(
  '$yaml is of the type $python',
  ({ yaml, python }) => {
    expect(resolve(around(`{p: ${yaml}}`)).floats.includes('p')).toBe(python === 'float');
  },
);

// Distributions of exponents are resolved to those of values.
test.each(golden.quantiles.filter(({ filled: { distribution } }) => !(distribution as string).endsWith('log_uniform')))(
  '$yaml: distribution and defaults',
  ({ yaml, filled }) => {
    const { integer: _, ...mine } = { integer: null, ...parameterOf(yaml) };
    expect(mine).toEqual(filled);
  },
);

test.each(golden.quantiles.filter(({ filled }) => filled['distribution'] === 'beta'))(
  '$yaml: distribution function',
  ({ filled, cdf }) => {
    for (const [value, u] of cdf!) {
      const mine = betaCdf(value, filled['a'] as number, filled['b'] as number);
      expect(Math.abs(mine - u), String(value)).toBeLessThanOrEqual(1e-12 * u);
    }
  },
);

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

test('the beta distribution at its ends, with digits lost at neither', () => {
  // Symmetric: I⁻¹(u; ½, ½) = sin²(πu/2).
  for (const u of [2 ** -53, 1e-9, 0.1, 0.5, 0.9])
    expect(betaQuantile(u, 0.5, 0.5) / Math.sin((Math.PI * u) / 2) ** 2).toBeCloseTo(1, 12);
  expect(1 - betaQuantile(1 - 2 ** -20, 1, 3)).toBeCloseTo(2 ** (-20 / 3), 14);
  expect(betaQuantile(1e-12, 100, 3) / 0.7137254011892182).toBeCloseTo(1, 12);
  expect(betaQuantile(0.1, 1e-3, 2)).toBe(0);
  expect([betaCdf(0, 2, 2), betaCdf(1, 2, 2), betaCdf(0.5, 2, 2)]).toEqual([0, 1, expect.closeTo(0.5, 14)]);
  for (const [a, b] of [
    [1e-3, 1e-3],
    [1e6, 1e6],
    [1e-3, 1e6],
    [1e9, 1],
    [1, 1e9],
  ] as const)
    for (const u of [2 ** -53, 0.3, 0.7, 1 - 2 ** -53]) {
      const x = betaQuantile(u, a, b);
      expect(x >= 0 && x <= 1, `${a} ${b} ${u}`).toBe(true);
    }
});
