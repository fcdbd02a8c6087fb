/** Failures that a retry cannot mend, as Temporal wants them: the type says what, the message says how to mend. */
import { ApplicationFailure } from '@temporalio/common';

export type Unretryable =
  /** sweep.yaml is missing or wrong. */
  | 'InvalidSweep'
  /** The directory belongs to another identity. */
  | 'DirectoryTaken'
  /** The directory cannot be created or written. */
  | 'DirectoryUnusable'
  /** `setJobOptions` asked for what may not be set, or not by a message. */
  | 'InvalidJobOptions'
  /** Hyperparameters from a user that do not lie in the search space. */
  | 'InvalidHyperparameters';

export const unretryable = (type: Unretryable, message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, type);
