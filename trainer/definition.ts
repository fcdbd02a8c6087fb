/** What a user's script says about a trial. Every function receives the hyperparameters first and tfjs second. */
import type * as tfjs from '@tensorflow/tfjs';
import type { Dataset } from './batches.ts';
import type { Clip } from './clip.ts';
import type { EarlyStopping } from './early-stopping.ts';
import type { Goal } from './monitor.ts';
import type { Loss, LossName, Metric, MetricName } from './objectives.ts';
import type { ReduceOnPlateau } from './plateau.ts';
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

/** A value, or a function of the hyperparameters, so that a sweep can vary it. Null: as if it were not given. */
export type Swept<H, T> = T | null | ((hyperparameters: Widened<H>) => T | null);

export interface TrialDefinition<H extends Hyperparameters> {
  /** Names and defaults. A sweep, or `--name=value`, replaces values; other names and types are refused. */
  readonly hyperparameters: H;
  readonly data: (hyperparameters: Widened<H>, tf: TensorFlow) => Data | Promise<Data>;
  readonly model: (hyperparameters: Widened<H>, tf: TensorFlow) => tfjs.LayersModel | Promise<tfjs.LayersModel>;
  /** SGD, momentum, Nesterov, RMSProp, Adagrad, Adam or Adamax of `tf.train`; for AdamW, Adam and `weightDecay`. */
  readonly optimizer: (hyperparameters: Widened<H>, tf: TensorFlow) => tfjs.Optimizer;
  /** The learning rate of every batch. Default: the optimizer's own, constant. */
  readonly schedule?: (hyperparameters: Widened<H>) => Schedule | ReduceOnPlateau;
  readonly loss: LossName | Loss;
  /** Beside `loss`. A function is called by its own name in rows. Default: none. */
  readonly metrics?: readonly (MetricName | Metric)[];
  readonly epochs: number | ((hyperparameters: Widened<H>) => number);
  /** Examples per batch; the last batch of an epoch may be smaller, see `dropLast`. */
  readonly batchSize: number | ((hyperparameters: Widened<H>) => number);
  /**
   * Leaves out an epoch's last batch when it is smaller than `batchSize`: other examples in every epoch, when shuffled.
   * A model with a fixed batch size (stateful layers) needs it, and then the end of the validation data is left out too.
   * Default false.
   */
  readonly dropLast?: boolean;
  /**
   * Decoupled weight decay: before each update every trainable weight is multiplied by 1 - learning rate × this. Adam
   * with it is AdamW. Default 0.
   */
  readonly weightDecay?: Swept<H, number>;
  /**
   * Cuts gradients down before each update: `{ value }` per element, `{ norm }` per weight tensor, `{ globalNorm }` all
   * together (L2 norms). Default: not.
   */
  readonly clip?: Swept<H, Clip>;
  /**
   * Batches per update, whose gradients are averaged: the effect of a larger batch in the memory of a small one. At the
   * end of an epoch an incomplete group is applied as the mean of its own batches. Steps, schedules and checkpoints go on
   * counting batches. Default 1.
   */
  readonly accumulate?: Swept<H, number>;
  /**
   * Share of the old average that each update keeps in an exponential moving average of the trainable weights, in [0, 1).
   * Validation metrics, the best weights and the final model are those of the average; training goes on with the raw
   * weights. Costs a copy of the weights. Default: no average.
   */
  readonly ema?: Swept<H, number>;
  /** The name in the rows that `earlyStopping` and `reduceOnPlateau` watch. Default `val_loss`, or `loss` without validation. */
  readonly monitor?: string;
  /** Which way `monitor` improves. Default `minimize`. */
  readonly goal?: Goal;
  /** Ends the training when `monitor` no longer improves; the trial is completed then. Default: all epochs. */
  readonly earlyStopping?: Swept<H, EarlyStopping>;
  /**
   * By what each class's examples count in the training loss: one number per output for `softmaxCrossEntropy`, those of
   * label 0 and label 1 for `sigmoidCrossEntropy`. `val_loss` stays unweighted, so that trials compare. Default: all 1.
   */
  readonly classWeights?: Swept<H, readonly number[]>;
  /** Another order of the training examples in every epoch, drawn from the trial's seed. Default true. */
  readonly shuffle?: boolean;
  /** Seconds between two checkpoints inside an epoch; each end of an epoch has its own anyway. Default 30. */
  readonly checkpointSeconds?: number;
}

/** A definition whose hyperparameters are of any type: what the machinery works with. */
export type AnyTrial = TrialDefinition<Hyperparameters>;

export type { Dataset, Hyperparameters };
