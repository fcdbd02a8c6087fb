/**
 * The states of recurrent layers with `stateful: true`: zero at the beginning of every epoch, carried from batch to
 * batch, aside while an evaluation has its own, all in the checkpoint (P5).
 */
import type * as tfjs from '@tensorflow/tfjs';
import type { TensorFlow } from './definition.ts';
import { nameTensors, type ReadTensor, readTensors, type TensorState } from './tensor-list.ts';

export interface RnnState extends TensorState {
  beginEpoch(): void;
  /** After a batch: drops what tfjs keeps of earlier batches until the next reset, one set of tensors per batch. */
  endBatch(): void;
  /** Begins at zero, or goes on where the restored evaluation was. */
  beginEvaluation(): void;
  endEvaluation(): void;
}

/** @returns null when no layer is stateful. */
export function accessRnnState(tf: TensorFlow, model: tfjs.LayersModel): RnnState | null {
  const layers = statefulLayers(model.layers as unknown as readonly Layer[]);
  if (layers.length === 0) return null;
  /** The training's states while an evaluation has the layers'. */
  let aside: tfjs.Tensor[] | null = null;
  const current = (): tfjs.Tensor[] => layers.flatMap((layer) => layer.states_);
  const give = (states: readonly tfjs.Tensor[]): void => {
    let next = 0;
    for (const layer of layers) {
      const count = layer.states_.length;
      layer.states_ = states.slice(next, next + count).map((state) => tf.keep(state));
      next += count;
    }
  };
  const forget = (): void => {
    for (const layer of layers) {
      tf.dispose(layer.keptStates as tfjs.TensorContainer);
      layer.keptStates = [];
    }
  };
  return {
    tensors: () =>
      new Map([...nameTensors('rnn', aside ?? current()), ...nameTensors('rnn-evaluation', aside ? current() : [])]),
    restore: (read: ReadTensor) => {
      const training = readTensors('rnn', read);
      const evaluation = readTensors('rnn-evaluation', read);
      tf.dispose([...current(), ...(aside ?? [])]);
      aside = evaluation.length > 0 ? training.map((state) => tf.keep(state)) : null;
      give(evaluation.length > 0 ? evaluation : training);
    },
    beginEpoch: () => {
      for (const layer of layers) layer.resetStates();
    },
    endBatch: forget,
    beginEvaluation: () => {
      if (aside !== null) return;
      aside = current();
      give(aside.map((state) => tf.zerosLike(state)));
    },
    endEvaluation: () => {
      if (aside === null) return;
      tf.dispose(current());
      give(aside);
      aside = null;
    },
  };
}

// --- internal ---

/** Private to tfjs; the fields are those of 4.22.0, its last release. */
interface Layer {
  readonly stateful: boolean;
  states_: tfjs.Tensor[];
  keptStates: unknown[];
  resetStates(): void;
  /** Of a nested model. */
  readonly layers?: readonly Layer[];
  /** Of a wrapper. */
  readonly layer?: Layer;
  /** Of a bidirectional wrapper, which works with these two copies. */
  readonly forwardLayer?: Layer;
  readonly backwardLayer?: Layer;
}

function statefulLayers(layers: readonly Layer[]): Layer[] {
  return layers.flatMap((layer) => {
    if (layer.layers !== undefined) return statefulLayers(layer.layers);
    if (layer.forwardLayer !== undefined) return statefulLayers([layer.forwardLayer, layer.backwardLayer!]);
    if (layer.layer !== undefined) return statefulLayers([layer.layer]);
    return layer.stateful && 'states_' in layer ? [layer] : [];
  });
}
