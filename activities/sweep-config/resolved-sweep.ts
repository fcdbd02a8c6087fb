/** `sweep.json`: the sweep.yaml of the user, every default filled in, every path absolute. Written once, read by all. */
import type { Retries } from '../../workflows/activities.ts';
import type { Identity, Json } from '../../workflows/messages.ts';

/** A distribution with all its numbers; names are W&B's. */
export type Distribution =
  | { readonly distribution: 'constant'; readonly value: Json }
  | { readonly distribution: 'categorical'; readonly values: readonly Json[] }
  | {
      readonly distribution: 'categorical_w_probabilities';
      readonly values: readonly Json[];
      readonly probabilities: readonly number[];
    }
  | { readonly distribution: 'int_uniform'; readonly min: number; readonly max: number }
  | {
      readonly distribution: 'uniform' | 'log_uniform_values' | 'inv_log_uniform_values';
      readonly min: number;
      readonly max: number;
    }
  | {
      readonly distribution: 'q_uniform' | 'q_log_uniform_values';
      readonly min: number;
      readonly max: number;
      readonly q: number;
      readonly integer: boolean;
    }
  | { readonly distribution: 'normal' | 'log_normal'; readonly mu: number; readonly sigma: number }
  | {
      readonly distribution: 'q_normal' | 'q_log_normal';
      readonly mu: number;
      readonly sigma: number;
      readonly q: number;
      readonly integer: boolean;
    }
  | { readonly distribution: 'beta'; readonly a: number; readonly b: number }
  | {
      readonly distribution: 'q_beta';
      readonly a: number;
      readonly b: number;
      readonly q: number;
      readonly integer: boolean;
    };

export type Method = 'random' | 'grid' | 'bayes' | 'custom';

/** Flat: a nested parameter's name is its path, joined by `NESTED`. */
export type SearchSpace = Readonly<Record<string, Distribution>>;

/**
 * By parameter: it exists in a trial only if all of these do, each with one of the values. Parameters that always exist
 * have no entry. Never a cycle.
 */
export type Conditions = Readonly<Record<string, readonly Requirement[]>>;

export interface Requirement {
  readonly parameter: string;
  readonly values: readonly Json[];
}

export interface Objective {
  readonly name: string;
  readonly goal: 'minimize' | 'maximize';
}

export interface Metric extends Objective {
  /** Once a trial has reached it, no further one starts. */
  readonly target: number | null;
  /** What a trial without a result counts as, to samplers that learn. Default worst. */
  readonly impute: 'worst' | 'best' | 'latest';
  /** The same for a trial that still runs; null (default): it is not imputed. */
  readonly imputeWhileRunning: 'worst' | 'best' | 'latest' | null;
}

/** W&B's hyperband. Iterations count finite values of the metric. */
export interface Hyperband {
  readonly type: 'hyperband';
  /** The first iteration that is judged; null where `maxIter` and `s` say it. */
  readonly minIter: number | null;
  readonly maxIter: number | null;
  /** Judgements, counted back from `maxIter`. */
  readonly s: number | null;
  /** Of the trials judged, one in `eta` goes on. */
  readonly eta: number;
  /** Judge by the value at the iteration itself, not by the best until then. */
  readonly strict: boolean;
}

export interface ResolvedSweep {
  readonly version: 1;
  readonly identity: Identity;
  /** Absolute path of the user's sweep.yaml; null when the sweep was started with an inline object. */
  readonly source: string | null;
  readonly name: string | null;
  readonly method: Method;
  /** Null where there is none, and where there are several: `metrics`. */
  readonly metric: Metric | null;
  /** Two or more, or none. */
  readonly metrics: readonly Objective[];
  readonly earlyTerminate: Hyperband | null;
  readonly space: SearchSpace;
  readonly conditions: Conditions;
  /** Names of floats that must be written with a decimal point where Python would (`5.0`), by parameter. */
  readonly floats: readonly string[];
  /** Trials in all; null: until stopped. */
  readonly size: number | null;
  /** Absolute path of the training script; null when `command` names everything. */
  readonly program: string | null;
  /** W&B's command template, macros unexpanded. */
  readonly command: readonly string[];
  /** Directory in which trainers start: that of sweep.yaml. */
  readonly directory: string;
  readonly temporal: TemporalOptions;
  /** The sweep whose trials are known from the start (`--from`), those in this space and those outside; absent without. */
  readonly prior?: { readonly from: string; readonly known: number; readonly outside: number };
}

export const REQUEUE_POLICIES = ['auto', 'requeue', 'expedite', 'resubmit'] as const;

/** Who proposes hyperparameters. `auto`: by `method`; with `bayes` and `custom`, by the number of parameters and trials. */
export type SamplerOptions =
  | { readonly name: 'auto' | 'random' | 'sobol' }
  | {
      readonly name: 'tpe';
      /** Trials proposed at random before it learns. Default 10. */
      readonly startup: number;
      /** Points compared for each proposal. Default 24. */
      readonly candidates: number;
      /** Whose bandwidths and weights. Default watanabe. */
      readonly settings: 'watanabe' | 'optuna';
    }
  /** `startup`: trials proposed at random before it learns. Default 10. */
  | { readonly name: 'gp'; readonly startup: number }
  /** `population`: trials of one generation. Default null: cmaes by the number of parameters, nsga2 50. */
  | { readonly name: 'cmaes' | 'nsga2'; readonly population: number | null };

/** The one extra key `temporal:` of sweep.yaml, defaults filled in. */
export interface TemporalOptions {
  /** Source of all hyperparameters and of every trial's own seed. 32-bit unsigned. Default 0. */
  readonly seed: number;
  readonly sampler: SamplerOptions;
  /** Trials at a time. Default 4, at most 1,000. */
  readonly concurrency: number;
  /** sbatch's long options, without dashes. Default: none. */
  readonly slurm: Readonly<Record<string, string | true>>;
  /** Absolute path of a shell file sourced before the agent (modules, conda); its leading #SBATCH lines count too. */
  readonly launch: string | null;
  /**
   * How a trial comes to its next allocation: the same job requeued and released (`requeue`), requeued by SLURM without a hold
   * (`expedite`), a new job each time (`resubmit`), or what the cluster allows (`auto`). Default `auto`.
   */
  readonly requeue: (typeof REQUEUE_POLICIES)[number];
  /** Seconds between SIGUSR1 and the time limit. Null (default): 60, more where measured batches and checkpoints need it. */
  readonly leadSeconds: number | null;
  /** How often a trial is tried again after a failure, by class. Absent in sweep.json of 0.1.0. */
  readonly retries?: Retries;
  /** Launches in a row that never announce themselves before the trial fails. Default 5. */
  readonly lostLaunches: number;
  /** Segments in a row that end where they began before the trial fails. Default 5. */
  readonly stalledSegments: number;
  /** A trainer that says nothing for this long is dead to Temporal. Seconds, default 120. */
  readonly heartbeatSeconds: number;
  /** Seconds between two checkpoints inside an epoch. Default 30. */
  readonly checkpointSeconds: number;
  /** Bytes that checkpoints and models of ended trials may take; beyond, those of the worst go. Null (default): no limit. */
  readonly checkpointBytes: number | null;
  /** Threads of one trial: `cpus-per-task` if given, else 1. Pinned, since it selects the trajectory (P5). */
  readonly threads: number;
}
