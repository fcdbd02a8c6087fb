/** tfjs's tensors as a checkpoint file's, and back. */
import type * as tfjs from '@tensorflow/tfjs';
import type { TensorFlow } from './definition.ts';
import { TrainerFailed } from './failure.ts';
import { type Allocate, type Copying, encodeInPieces, type SafeTensors, type StoredTensor } from './safetensors.ts';

/**
 * The tensors as they are now, copied piece by piece into memory of `allocate` while the training goes on: tfjs's tensors
 * never change, a variable is only given another one, so that holding them is enough. They are let go when all is copied.
 */
export function copyTensors(
  named: Iterable<readonly [name: string, tensor: tfjs.Tensor]>,
  metadata: SafeTensors['metadata'],
  allocate?: Allocate,
): Copying {
  const tensors = new Map<string, StoredTensor>();
  const held: tfjs.Tensor[] = [];
  for (const [name, tensor] of named) {
    const own = kept(tensor.clone());
    held.push(own);
    tensors.set(name, toStored(own));
  }
  return releasing(held, encodeInPieces({ tensors, metadata }, allocate));
}

/** Copies: a tensor may go on sharing the memory it was made from. */
export function toTensor({ tf }: { readonly tf: TensorFlow }, { dtype, shape, data }: StoredTensor): tfjs.Tensor {
  const bytes = new Uint8Array(data).buffer;
  if (dtype === 'F32') return tf.tensor(new Float32Array(bytes), [...shape], 'float32');
  if (dtype === 'I32') return tf.tensor(new Int32Array(bytes), [...shape], 'int32');
  return tf.tensor(new Uint8Array(bytes), [...shape], 'bool');
}

/** What may be the tensor's own memory is fetched, one tensor at a time, when it is copied into the file. */
export function toStored(tensor: tfjs.Tensor): StoredTensor {
  const { dtype } = tensor;
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new TrainerFailed(
      'TrainerError',
      `weights of dtype ${dtype} cannot be checkpointed: use float32, int32 or bool`,
    );
  }
  return {
    dtype: dtype === 'float32' ? 'F32' : dtype === 'int32' ? 'I32' : 'BOOL',
    shape: tensor.shape,
    get data() {
      return bytesOf(tensor);
    },
    ...(tensor.size > PIECE && { pieces: () => piecesOf(tensor) }),
  };
}

// --- internal ---

/** As `tf.keep`: a scope that a script with its own loop has open now, and ends meanwhile, is not to take it away. */
function kept(tensor: tfjs.Tensor): tfjs.Tensor {
  tensor.kept = true;
  return tensor;
}

/** Elements that are fetched at once: 4 MB take about a millisecond. */
const PIECE = 1 << 20;

function* piecesOf(tensor: tfjs.Tensor): Generator<Uint8Array> {
  const flat = kept(tensor.reshape([-1]));
  try {
    for (let from = 0; from < tensor.size; from += PIECE) {
      const piece = flat.slice([from], [Math.min(PIECE, tensor.size - from)]);
      try {
        yield bytesOf(piece);
      } finally {
        piece.dispose();
      }
    }
  } finally {
    flat.dispose();
  }
}

function bytesOf(tensor: tfjs.Tensor): Uint8Array {
  const values = tensor.dataSync();
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function* releasing(held: readonly tfjs.Tensor[], copying: Copying): Copying {
  try {
    return yield* copying;
  } finally {
    for (const tensor of held) tensor.dispose();
  }
}
