/** The door of `temporal-sweep/trainer`: what a training script imports. */
export { createCheckpointer } from './checkpointer.ts';
export { defineTrial } from './define-trial.ts';
export { type PlateauOptions, type ReduceOnPlateau, reduceOnPlateau } from './plateau.ts';
export { constant, cosine, exponential, linear, oneCycle, step, warmUp } from './schedules.ts';
export type { Column, Dataset } from './batches.ts';
export type { Position } from './checkpointer-file.ts';
export type { Checkpointer, CheckpointerOptions, FinishedEpoch, TrainedBatch } from './checkpointer.ts';
export type { Clip } from './clip.ts';
export type { Data, Swept, TensorFlow, TrialDefinition } from './definition.ts';
export type { EarlyStopping } from './early-stopping.ts';
export type { Goal } from './monitor.ts';
export type { Loss, LossName, Metric, MetricName } from './objectives.ts';
export type { Hyperparameter, Hyperparameters } from './protocol.ts';
export type { Json, OwnState, Trackable } from './tracked.ts';
export type { Schedule, SchedulePosition } from './schedules.ts';
