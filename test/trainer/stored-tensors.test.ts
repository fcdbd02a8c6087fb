/** P5: what a checkpoint holds is what was there when it was begun, whatever the loop does while it is copied. */
import { expect, test } from 'vitest';
import { loadBackend } from '../../trainer/backend.ts';
import { copyCheckpoint } from '../../trainer/checkpointer-file.ts';
import { createGenerator } from '../../trainer/random.ts';
import { decodeSafeTensors } from '../../trainer/safetensors.ts';
import { toTracked } from '../../trainer/tracked.ts';

const { tf, environment } = await loadBackend();

test('a loop of its own goes on, and ends scopes of tensors, while its checkpoint is copied in turns', () => {
  const size = 3 << 20; // pieces of 1 M elements each
  const before = tf.memory().numTensors;
  const large = tf.tidy(() => tf.variable(tf.ones([size])));
  const small = tf.tidy(() => tf.variable(tf.scalar(1)));
  const counter = { value: 1 };
  const tracked = new Map([
    ['large', toTracked(tf, 'large', large)],
    ['small', toTracked(tf, 'small', small)],
    ['counter', toTracked(tf, 'counter', { save: () => ({ ...counter }), load: () => {} })],
  ]);
  const state = { step: 1, epoch: 0, batch: 1, rows: 0, metrics: {}, random: createGenerator(1).state(), environment };
  tf.engine().startScope();
  const copying = copyCheckpoint({ ...state, trial: { seed: 1, hyperparameters: {} } }, tracked);
  let turns = 0;
  let result = copying.next();
  tf.engine().endScope(undefined);
  for (; result.done !== true; turns += 1) {
    for (const variable of [large, small]) tf.tidy(() => variable.assign(variable.add(1)));
    counter.value += 1;
    result = copying.next();
  }
  expect(turns).toBe(4);
  const { tensors, metadata } = decodeSafeTensors(result.value);
  const values = (name: string): Float32Array => new Float32Array(new Uint8Array(tensors.get(name)!.data).buffer);
  expect(new Set(values('large/'))).toEqual(new Set([1]));
  expect([...values('small/')]).toEqual([1]);
  expect(JSON.parse(metadata['state']!)).toMatchObject({ tracked: { counter: { state: { value: 1 } } } });
  tf.dispose([large, small]);
  expect(tf.memory().numTensors).toBe(before);
});
