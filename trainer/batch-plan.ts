/** How many batches an epoch has, and how much of the validation data an evaluation can take. */
export interface BatchPlan {
  /** Batches of an epoch. */
  readonly batches: number;
  /** Examples that an evaluation goes through; 0 without validation data. */
  readonly validationExamples: number;
}

/**
 * @param fixed the batch size that the model's input shape demands, as stateful layers do; null: any
 * @throws RangeError when no batch is left, or a batch would be too small for the model
 */
export function planBatches(
  examples: number,
  validation: number,
  batchSize: number,
  dropLast: boolean,
  fixed: number | null,
): BatchPlan {
  if (fixed !== null && fixed !== batchSize)
    throw new RangeError(`batchSize is ${batchSize}, but the model's input shape demands batches of ${fixed}`);
  if (dropLast && examples < batchSize)
    throw new RangeError(
      `dropLast leaves no batch: ${examples} training examples are fewer than batchSize ${batchSize}`,
    );
  if (fixed !== null && !dropLast && (examples % fixed !== 0 || validation % fixed !== 0))
    throw new RangeError(
      `the model's input shape demands batches of ${fixed}, but ${examples} training and ${validation} validation ` +
        'examples are no multiples of that: set dropLast, which leaves the smaller last batches out',
    );
  if (fixed !== null && validation > 0 && validation < fixed)
    throw new RangeError(`${validation} validation examples are fewer than one batch of ${fixed}`);
  return {
    batches: dropLast ? Math.floor(examples / batchSize) : Math.ceil(examples / batchSize),
    // Where any batch size will do, no example is left out of an evaluation.
    validationExamples: fixed === null ? validation : validation - (validation % fixed),
  };
}
