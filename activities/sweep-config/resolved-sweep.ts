/** `sweep.json`: the sweep.yaml of the user, every default filled in, every path absolute. Written once, read by all. */
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
    };

export type Method = 'random' | 'grid' | 'bayes' | 'custom';

/** Flat: a nested parameter's name is its path, joined by `NESTED`. */
export type SearchSpace = Readonly<Record<string, Distribution>>;

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
  readonly space: SearchSpace;
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
  /** Seconds between SIGUSR1 and the time limit. Default 60. */
  readonly leadSeconds: number;
  /** Trainer errors after which a trial is still tried again. Default 1. */
  readonly trainerRetries: number;
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
