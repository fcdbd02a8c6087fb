/** What a user's script says about a trial. Every function receives the hyperparameters first and tfjs second. */
import type * as tfjs from '@tensorflow/tfjs';
import type { Dataset } from './batches.ts';
import type { Loss, LossName, Metric, MetricName } from './objectives.ts';
import type { Hyperparameters } from './protocol.ts';
import type { Schedule } from './schedules.ts';

/** The tfjs that was loaded: `tfjs-node-gpu` where its native library is there, plain tfjs elsewhere. */
export type TensorFlow = typeof tfjs;

/** `0.05` as a default means any number, `'adam'` any string. */
export type Widened<T> = T extends number
  ? number
  : T extends string
    ? string
    : T extends boolean
      ? boolean
      : T extends readonly (infer Item)[]
        ? readonly Widened<Item>[]
        : T extends object
          ? { readonly [Name in keyof T]: Widened<T[Name]> }
          : T;

export interface Data {
  readonly train: Dataset;
  /** Evaluated after every epoch; its metrics are called `val_…`. */
  readonly validation?: Dataset;
}

export interface TrialDefinition<H extends Hyperparameters> {
  /** Names and defaults. A sweep, or `--name=value`, replaces values; other names and types are refused. */
  readonly hyperparameters: H;
  readonly data: (hyperparameters: Widened<H>, tf: TensorFlow) => Data | Promise<Data>;
  readonly model: (hyperparameters: Widened<H>, tf: TensorFlow) => tfjs.LayersModel | Promise<tfjs.LayersModel>;
  /** SGD, momentum, Nesterov, RMSProp, Adagrad, Adam or Adamax of `tf.train`. */
  readonly optimizer: (hyperparameters: Widened<H>, tf: TensorFlow) => tfjs.Optimizer;
  /** The learning rate of every batch. Default: the optimizer's own, constant. */
  readonly schedule?: (hyperparameters: Widened<H>) => Schedule;
  readonly loss: LossName | Loss;
  /** Beside `loss`. A function is called by its own name in rows. Default: none. */
  readonly metrics?: readonly (MetricName | Metric)[];
  readonly epochs: number | ((hyperparameters: Widened<H>) => number);
  /** Examples per batch; the last batch of an epoch may be smaller. */
  readonly batchSize: number | ((hyperparameters: Widened<H>) => number);
  /** Another order of the training examples in every epoch, drawn from the trial's seed. Default true. */
  readonly shuffle?: boolean;
  /** Seconds between two checkpoints inside an epoch; each end of an epoch has its own anyway. Default 30. */
  readonly checkpointSeconds?: number;
}

/** A definition whose hyperparameters are of any type: what the machinery works with. */
export type AnyTrial = TrialDefinition<Hyperparameters>;

export type { Dataset, Hyperparameters };
