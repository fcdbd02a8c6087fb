/** What every model-based sampler is: it is told how trials ended, in the order of `trials.jsonl`, and asked for points. */
import type { EncodedSpace, Point } from './encoded-space.ts';

export interface Observation {
  readonly number: number;
  readonly point: Point;
  readonly state: 'complete' | 'pruned' | 'failed';
  /** Objectives, all to be minimised; never NaN. Empty for `failed`; +Infinity where a trainer said NaN or infinity. */
  readonly values: readonly number[];
  /** Steps trained: how far a pruned trial came. */
  readonly step: number;
}

export interface Model {
  tell(observation: Observation): void;
  /**
   * Deterministic: the same tells in the same order, the same number and the same pending points give the same answer.
   * @param number of the trial to be proposed, from 1: the key of its random numbers.
   * @param pending points of trials under way, in the order of their numbers.
   * @returns a snapped point.
   */
  ask(number: number, pending: readonly Point[]): Point;
}

export interface ModelOptions {
  /** The sweep's seed. 32-bit unsigned. */
  readonly seed: number;
  /** Number of objectives. */
  readonly objectives: number;
  /** Trials proposed without a model before it learns. Default 10; the GP takes no fewer. */
  readonly startup?: number;
  /** Points compared for each proposal. Default: the sampler's own. */
  readonly candidates?: number;
  /** Which published form, for samplers that have several: TPE. Default `watanabe`. */
  readonly settings?: 'watanabe' | 'optuna';
  /** Trials of one generation, for samplers that have such. Absent or null: what the sampler thinks best. */
  readonly population?: number | null;
}

export type CreateModel = (space: EncodedSpace, options: ModelOptions) => Model;
