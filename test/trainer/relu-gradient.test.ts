import { describe, expect, it } from 'vitest';
import { loadBackend } from '../../trainer/backend.ts';
import { createGenerator } from '../../trainer/random.ts';
import { hasNativeBackend } from './support/fake-agent.ts';

describe.runIf(hasNativeBackend)('native gradient of relu', () => {
  it('has the values of dy * step(x), at zero too', async () => {
    const { tf, environment } = await loadBackend();
    expect(environment['backend']).toBe('tensorflow');
    const { next } = createGenerator(5);
    const values = [0, -0, 1e-38, -1e-38, ...Array.from({ length: 996 }, () => next() - 0.5)];
    const x = tf.tensor2d(values, [10, 100]);
    const dy = tf.tensor2d(
      Array.from({ length: 1000 }, () => next() - 0.5),
      [10, 100],
    );
    const native = tf
      .grad((input) => tf.relu(input))(x, dy)
      .dataSync();
    const plain = dy.mul(x.step()).dataSync();
    expect([...native].every((value, index) => value === plain[index])).toBe(true);
    expect(native.some((value) => value !== 0)).toBe(true);
  });
});
