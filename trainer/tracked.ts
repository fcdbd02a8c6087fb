/** What a {@link Checkpointer} keeps for a script: models, optimizers, variables, and state of the script's own as JSON. */
import type * as tfjs from '@tensorflow/tfjs';
import type { TensorFlow } from './definition.ts';
import { TrainerFailed } from './failure.ts';
import { accessOptimizer } from './optimizers.ts';
import type { Hyperparameter } from './protocol.ts';
import type { StoredTensor } from './safetensors.ts';
import { toTensor } from './stored-tensors.ts';

/** Anything that JSON holds. */
export type Json = Hyperparameter;

/** State of the script's own: a sampler's, a counter, a running mean. */
export interface OwnState {
  /** Called at every checkpoint. NaN, infinities, -0 and typed arrays are refused: JSON would change them. */
  readonly save: () => Json;
  /** Called once, by `restore()`, when the trial goes on; not on a fresh start. */
  readonly load: (state: never) => void;
}

export type Trackable = tfjs.LayersModel | tfjs.Optimizer | tfjs.Variable | OwnState;

export interface Tracked {
  readonly kind: 'model' | 'optimizer' | 'variable' | 'own state';
  /** @returns tensors, by name within this one, and what JSON holds beside them. */
  save(): { readonly tensors: Iterable<readonly [name: string, tensor: tfjs.Tensor]>; readonly state: Json };
  /** @throws TrainerFailed `UnusableCheckpoint` when shapes or kinds are not those that were saved. */
  load(tensors: ReadonlyMap<string, StoredTensor>, state: Json): void;
}

/** @throws TrainerFailed on something that cannot be tracked, and on an optimizer that cannot be restored exactly. */
export function toTracked(tf: TensorFlow, name: string, thing: Trackable): Tracked {
  if (thing instanceof tf.Variable) return trackVariables(tf, name, 'variable', () => [['', thing]]);
  if ('weights' in thing && 'apply' in thing) return trackVariables(tf, name, 'model', () => weightsOf(thing));
  if ('applyGradients' in thing) return trackOptimizer(tf, name, thing);
  if ('save' in thing && 'load' in thing) return trackOwnState(name, thing);
  throw new TrainerFailed(
    'TrainerError',
    `track("${name}", …): it must be a tf.LayersModel, an optimizer, a tf.Variable, or { save, load }`,
  );
}

// --- internal ---

const unusable = (why: string): TrainerFailed => new TrainerFailed('UnusableCheckpoint', `unusable checkpoint: ${why}`);

const weightsOf = ({ weights }: tfjs.LayersModel): [string, tfjs.Variable][] =>
  weights.map((weight, index) => [
    `${String(index).padStart(5, '0')}/${weight.originalName}`,
    weight.read() as tfjs.Variable,
  ]);

function trackVariables(
  tf: TensorFlow,
  name: string,
  kind: 'model' | 'variable',
  variables: () => [string, tfjs.Variable][],
): Tracked {
  return {
    kind,
    save: () => ({
      tensors: variables(),
      state: variables().length,
    }),
    load: (tensors, state) => {
      const all = variables();
      if (state !== all.length)
        throw unusable(`${name} had ${JSON.stringify(state)} weights, now it has ${all.length}`);
      // By position: names may count the layers that a process has made.
      const stored = [...tensors].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, tensor]) => tensor);
      for (const [index, [own, variable]] of all.entries()) {
        const [was, is] = [String(stored[index]?.shape), String(variable.shape)];
        if (was !== is) throw unusable(`${name}/${own} had shape [${was}], now it is [${is}]`);
        const values = toTensor({ tf }, stored[index]!);
        variable.assign(values);
        values.dispose();
      }
    },
  };
}

function trackOptimizer(tf: TensorFlow, name: string, optimizer: tfjs.Optimizer): Tracked {
  const access = accessOptimizer(tf, optimizer);
  return {
    kind: 'optimizer',
    save: () => ({
      tensors: access.variables(),
      state: { class: access.className, iterations: access.iterations(), learningRate: access.learningRate() },
    }),
    load: (tensors, state) => {
      const saved = state as { class: string; iterations: number; learningRate: number };
      if (saved.class !== access.className) throw unusable(`${name} was ${saved.class}, now it is ${access.className}`);
      access.restore(saved.iterations, (own) => {
        const stored = tensors.get(own);
        return stored === undefined ? null : toTensor({ tf }, stored);
      });
      if (access.learningRate() !== saved.learningRate) access.setLearningRate(saved.learningRate);
    },
  };
}

function trackOwnState(name: string, { save, load }: OwnState): Tracked {
  return {
    kind: 'own state',
    save: () => {
      const state = save();
      refuseLoss(state, name);
      return { tensors: [], state };
    },
    load: (_, state) => load(state as never),
  };
}

/** P5: what JSON would change without a word. */
function refuseLoss(value: unknown, path: string): void {
  const refuse = (what: string): never => {
    throw new TrainerFailed(
      'TrainerError',
      `tracked ${path} is ${what}: JSON cannot hold it, save it as a text or a list`,
    );
  };
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || Object.is(value, -0)) refuse(Object.is(value, -0) ? '-0' : String(value));
  } else if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) refuseLoss(value[index], `${path}[${index}]`);
  } else if (typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value) as null)) {
    for (const [key, entry] of Object.entries(value)) refuseLoss(entry, `${path}.${key}`);
  } else refuse(typeof value === 'object' ? `a ${value.constructor.name}` : typeof value);
}
