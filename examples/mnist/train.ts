import { cosine, defineTrial } from 'temporal-sweep/trainer';
import { digits } from './digits.ts';

export default defineTrial({
  hyperparameters: { lr_max: 0.05, epochs: 20 },
  data: digits,
  model: (_, tf) =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [28, 28, 1], filters: 3, kernelSize: 5, strides: 2, activation: 'relu' }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 50, activation: 'relu' }),
        tf.layers.dense({ units: 10 }),
      ],
    }),
  optimizer: ({ lr_max }, tf) => tf.train.sgd(lr_max),
  schedule: ({ lr_max }) => cosine(lr_max),
  loss: 'softmaxCrossEntropy',
  metrics: ['accuracy'],
  epochs: ({ epochs }) => epochs,
  batchSize: 256,
});
