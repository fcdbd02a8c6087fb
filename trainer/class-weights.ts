/** Losses that weigh every example by its class, for classes of different frequency. */
import type * as tfjs from '@tensorflow/tfjs';
import type { TensorFlow } from './definition.ts';
import { type Loss, type LossName, oneHot } from './objectives.ts';

/**
 * The mean over the batch of each example's loss times its class's weight.
 *
 * @throws RangeError unless the loss is named and of cross-entropy, and there is one weight from 0 on per class: as many
 * as outputs for `softmaxCrossEntropy`, two (of label 0 and label 1) for `sigmoidCrossEntropy`
 */
export function weighByClass(loss: LossName | Loss, weights: readonly number[], outputs: number | null): Loss {
  if (loss !== 'softmaxCrossEntropy' && loss !== 'sigmoidCrossEntropy') {
    const name = typeof loss === 'function' ? 'a function' : loss;
    throw new RangeError(`classWeights need the loss softmaxCrossEntropy or sigmoidCrossEntropy; the loss is ${name}`);
  }
  const classes = loss === 'sigmoidCrossEntropy' ? 2 : outputs;
  const isUsable = weights.length > 0 && weights.every((weight) => Number.isFinite(weight) && weight >= 0);
  if (!isUsable || (classes !== null && weights.length !== classes))
    throw new RangeError(
      `classWeights are [${weights.join(', ')}]: they must be ${classes ?? 'as many numbers as classes'}` +
        `${classes === null ? '' : ' numbers'} from 0 on, one per class`,
    );
  return loss === 'softmaxCrossEntropy' ? softmax(weights) : sigmoid(weights[0]!, weights[1]!);
}

// --- internal ---

const softmax =
  (weights: readonly number[]): Loss =>
  (labels, outputs, tf) => {
    const targets = oneHot(labels, outputs, tf).toFloat();
    const losses = tf.losses.softmaxCrossEntropy(targets, outputs, undefined, 0, tf.Reduction.NONE);
    return meanOfProducts(tf, losses, targets.mul(tf.tensor1d([...weights])).sum(-1));
  };

const sigmoid =
  (zero: number, one: number): Loss =>
  (labels, outputs, tf) => {
    const losses = tf.losses.sigmoidCrossEntropy(labels, outputs, undefined, 0, tf.Reduction.NONE);
    return meanOfProducts(
      tf,
      losses,
      labels
        .toFloat()
        .mul(one - zero)
        .add(zero),
    );
  };

const meanOfProducts = (tf: TensorFlow, losses: tfjs.Tensor, weights: tfjs.Tensor): tfjs.Scalar =>
  tf.mean(losses.mul(weights));
