/**
 * The search space as model-based samplers see it: the unit cube. Every parameter is one coordinate u in [0, 1] of its own
 * quantile function, so that every prior is uniform, whatever its distribution; a category is its index. Constants are left out.
 */
import type { Hyperparameters, Json } from '../../workflows/messages.ts';
import { cellOf, type Cell } from '../sweep-config/cdf.ts';
import { onlyActive } from '../sweep-config/conditions.ts';
import { ppf } from '../sweep-config/ppf.ts';
import type { Conditions, Distribution, SearchSpace } from '../sweep-config/resolved-sweep.ts';
import { flatten, nest, parametersOf } from '../sweep-config/space.ts';

export type Axis =
  /** Any u in [0, 1]. */
  | { readonly kind: 'real' }
  /** Ordered values, each a cell of u. A coordinate is the middle of a cell. */
  | { readonly kind: 'step'; cell(u: number): Cell; readonly count: number }
  /** A coordinate is an index from 0 to count − 1. */
  | { readonly kind: 'choice'; readonly count: number; readonly probabilities: readonly number[] };

/** One coordinate per axis. */
export type Point = Float64Array;

export interface EncodedSpace {
  /** Names of the parameters, `a/b` for nested ones, in W&B's order. */
  readonly names: readonly string[];
  readonly axes: readonly Axis[];
  /** Different points; Infinity with any continuous axis, and where they are beyond counting. */
  readonly size: number;
  /** Null when the values do not lie in this space: those of another sweep, or enqueued by a user. */
  encode(hyperparameters: Hyperparameters): Point | null;
  decode(point: Point): Hyperparameters;
  /** Moves a point to the middle of its cells, and choices to whole indices, so that equal values are equal points. */
  snap(point: Point): Point;
}

/** @param conditions parameters that a trial lacks have a coordinate all the same: the middle of their axis. */
export function encodeSpace(space: SearchSpace, conditions: Conditions = {}): EncodedSpace {
  const parameters = parametersOf(space);
  const searched = parameters.filter(([, distribution]) => distribution.distribution !== 'constant');
  const names = searched.map(([name]) => name);
  const axes = searched.map(([, distribution]) => axisOf(distribution));
  return {
    names,
    axes,
    size: axes.reduce((product, axis) => product * (axis.kind === 'real' ? Infinity : axis.count), 1),
    encode(hyperparameters) {
      const flat = flatten(space, hyperparameters);
      const values = new Map(flat);
      const active = new Set(onlyActive(conditions, flat).map(([name]) => name));
      const point = new Float64Array(names.length);
      for (const [index, [name, distribution]] of searched.entries()) {
        if (!active.has(name)) {
          point[index] = middleOf(axes[index]!);
          continue;
        }
        const cell = cellOf(distribution, values.get(name) ?? null);
        if (cell === null) return null;
        const axis = axes[index]!;
        point[index] =
          axis.kind === 'choice' ? indexOf(distribution, values.get(name) ?? null) : (cell.low + cell.high) / 2;
      }
      return point;
    },
    decode(point) {
      let index = 0;
      const values = parameters.map(([name, distribution]): [string, Json] => {
        if (distribution.distribution === 'constant') return [name, distribution.value];
        const at = index++;
        const axis = axes[at]!;
        return [name, axis.kind === 'choice' ? valuesOf(distribution)[point[at]!]! : ppf(distribution, point[at]!)];
      });
      return nest(onlyActive(conditions, values));
    },
    snap(point) {
      return point.map((u, index) => {
        const axis = axes[index]!;
        if (axis.kind === 'choice') return Math.min(axis.count - 1, Math.max(0, Math.floor(u)));
        const within = Math.min(1, Math.max(0, u));
        if (axis.kind === 'real') return within;
        const { low, high } = axis.cell(within);
        return (low + high) / 2;
      });
    },
  };
}

/** Where inactive parameters stand, so that trials which lack them are alike in that. */
function middleOf(axis: Axis): number {
  if (axis.kind === 'real') return 0.5;
  if (axis.kind === 'choice') return 0;
  const { low, high } = axis.cell(0.5);
  return (low + high) / 2;
}

function axisOf(distribution: Distribution): Axis {
  switch (distribution.distribution) {
    case 'categorical': {
      const count = distribution.values.length;
      return { kind: 'choice', count, probabilities: distribution.values.map(() => 1 / count) };
    }
    case 'categorical_w_probabilities':
      return { kind: 'choice', count: distribution.values.length, probabilities: distribution.probabilities };
    case 'int_uniform':
    case 'q_uniform':
    case 'q_log_uniform_values':
    case 'q_normal':
    case 'q_log_normal':
    case 'q_beta':
      return { kind: 'step', count: stepsOf(distribution), cell: (u) => cellOf(distribution, ppf(distribution, u))! };
    default:
      return { kind: 'real' };
  }
}

/** Values of a discrete distribution; unbounded ones have as many as anybody could count. */
function stepsOf(distribution: Distribution): number {
  const [first, last] = [ppf(distribution, 0) as number, ppf(distribution, 1) as number];
  const step = 'q' in distribution ? distribution.q : 1;
  const bounded = distribution.distribution !== 'q_normal' && distribution.distribution !== 'q_log_normal';
  return bounded ? Math.round((last - first) / step) + 1 : Infinity;
}

const valuesOf = (distribution: Distribution): readonly Json[] => ('values' in distribution ? distribution.values : []);

const indexOf = (distribution: Distribution, value: Json): number =>
  valuesOf(distribution).findIndex((other) => JSON.stringify(other) === JSON.stringify(value));
