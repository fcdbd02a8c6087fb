/** Gradients cut down to a size, on the device: no value is read. */
import type * as tfjs from '@tensorflow/tfjs';
import type { TensorFlow } from './definition.ts';

/**
 * - `value`: every element into [-value, value].
 * - `norm`: every weight tensor's gradient scaled down to this L2 norm at most.
 * - `globalNorm`: all gradients together scaled down, by one factor, to this L2 norm at most.
 */
export type Clip = { readonly value: number } | { readonly norm: number } | { readonly globalNorm: number };

/** Takes the gradients over. @returns clipped ones, owned by the caller. */
export function clipGradients(tf: TensorFlow, gradients: readonly tfjs.Tensor[], clip: Clip): tfjs.Tensor[] {
  const clipped = tf.tidy(() => {
    if ('value' in clip) return gradients.map((gradient) => gradient.clipByValue(-clip.value, clip.value));
    if ('norm' in clip) return gradients.map((gradient) => gradient.mul(factorOf(tf, [gradient], clip.norm)));
    const factor = factorOf(tf, gradients, clip.globalNorm);
    return gradients.map((gradient) => gradient.mul(factor));
  });
  tf.dispose([...gradients]);
  return clipped;
}

/** @throws RangeError unless it is one of the three, with a positive number. */
export function checkClip(clip: Clip): Clip {
  const entries = Object.entries(clip);
  const [name, limit] = entries[0] ?? [];
  const isKnown = entries.length === 1 && ['value', 'norm', 'globalNorm'].includes(String(name));
  if (isKnown && typeof limit === 'number' && Number.isFinite(limit) && limit > 0) return clip;
  throw new RangeError(
    `clip is ${JSON.stringify(clip)}: it must be { value }, { norm } or { globalNorm }, with one positive number`,
  );
}

// --- internal ---

/** Below the limit it is exactly 1: such a gradient keeps its bits. */
function factorOf(tf: TensorFlow, measured: readonly tfjs.Tensor[], limit: number): tfjs.Tensor {
  const norm = tf.sqrt(tf.addN(measured.map((one) => one.square().sum())));
  return tf.div(limit, tf.maximum(norm, limit));
}
