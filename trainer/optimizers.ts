/**
 * P5: the state of tfjs's optimizers, raw. Their own getWeights/setWeights are not exact: Adam recomputes its running
 * beta products as powers, Adamax throws. Slots are matched by position, as tfjs itself does.
 */
import type * as tfjs from '@tensorflow/tfjs';
import type { TensorFlow } from './definition.ts';
import { TrainerFailed } from './failure.ts';

interface Layout {
  /** Fields that hold one variable per trainable weight. */
  readonly slots: readonly string[];
  /** Fields that hold one scalar variable. */
  readonly scalars: readonly string[];
}

const LAYOUTS: Readonly<Record<string, Layout>> = {
  SGD: { slots: [], scalars: [] },
  Momentum: { slots: ['accumulations'], scalars: [] },
  RMSProp: { slots: ['accumulatedMeanSquares', 'accumulatedMoments'], scalars: [] },
  Adagrad: { slots: ['accumulatedGrads'], scalars: [] },
  Adam: { slots: ['accumulatedFirstMoment', 'accumulatedSecondMoment'], scalars: ['accBeta1', 'accBeta2'] },
  Adamax: { slots: ['accumulatedFirstMoment', 'accumulatedWeightedInfNorm'], scalars: ['accBeta1', 'iteration'] },
};

interface Slot {
  originalName: string;
  variable: tfjs.Variable;
}

/** tfjs keeps all this private; the fields are those of 4.22.0, its last release. */
type Raw = Record<string, unknown> & { iterations_?: number; learningRate: number; centered?: boolean };

export interface OptimizerAccess {
  readonly className: string;
  /** Live variables by field and position; none before the first step. */
  variables(): Map<string, tfjs.Tensor>;
  iterations(): number;
  /** Replaces all state. @param read the values of a field and position, or null when there are none any more. */
  restore(iterations: number, read: (name: string) => tfjs.Tensor | null): void;
  setLearningRate(value: number): void;
  learningRate(): number;
}

/** @throws TrainerFailed for an optimizer whose state cannot be restored exactly. */
export function accessOptimizer(tf: TensorFlow, optimizer: tfjs.Optimizer): OptimizerAccess {
  const className = optimizer.getClassName();
  const layout = Object.hasOwn(LAYOUTS, className) ? LAYOUTS[className] : undefined;
  const raw = optimizer as unknown as Raw;
  if (layout === undefined || raw.centered === true)
    throw refuse(raw.centered === true ? 'centered RMSProp' : className);
  let current = Number.NaN;
  return {
    className,
    variables: () => {
      const found = new Map<string, tfjs.Tensor>();
      for (const field of layout.scalars) found.set(field, raw[field] as tfjs.Variable);
      for (const field of layout.slots) {
        for (const [index, slot] of (raw[field] as Slot[]).entries()) found.set(slotName(field, index), slot.variable);
      }
      return found;
    },
    iterations: () => optimizer.iterations,
    restore: (iterations, read) => {
      for (const field of layout.scalars) assign(raw[field] as tfjs.Variable, read(field), field);
      for (const field of layout.slots) {
        for (const slot of raw[field] as Slot[]) slot.variable.dispose();
        raw[field] = readSlots(tf, field, read);
      }
      raw.iterations_ = iterations;
    },
    setLearningRate: (value) => {
      if (value === current) return;
      current = value;
      // SGD and its heirs cache -learningRate in a tensor that only the setter renews.
      if ('setLearningRate' in optimizer) (optimizer as tfjs.SGDOptimizer).setLearningRate(value);
      else raw.learningRate = value;
    },
    learningRate: () => raw.learningRate,
  };
}

// --- internal ---

const slotName = (field: string, index: number): string => `${field}/${String(index).padStart(3, '0')}`;

function readSlots(tf: TensorFlow, field: string, read: (name: string) => tfjs.Tensor | null): Slot[] {
  const slots: Slot[] = [];
  for (;;) {
    const name = slotName(field, slots.length);
    const values = read(name);
    if (values === null) return slots;
    slots.push({ originalName: name, variable: tf.tidy(() => values.variable(false)) });
    values.dispose();
  }
}

function assign(variable: tfjs.Variable, values: tfjs.Tensor | null, field: string): void {
  if (values === null) throw new TrainerFailed('UnusableCheckpoint', `the checkpoint lacks the optimizer's ${field}`);
  variable.assign(values);
  values.dispose();
}

function refuse(name: string): TrainerFailed {
  const why: Readonly<Record<string, string>> = {
    Adadelta: "tfjs's Adadelta computes plain SGD",
    'centered RMSProp': "tfjs's centered RMSProp turns into NaN at the first gradient of zero",
  };
  return new TrainerFailed(
    'TrainerError',
    `${name} cannot be used: ${why[name] ?? 'its state cannot be restored exactly'}. ` +
      'Use tf.train.sgd, momentum (also Nesterov), rmsprop, adagrad, adam or adamax.',
  );
}
