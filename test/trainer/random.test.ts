import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGenerator, permutation, replaceMathRandom } from '../../trainer/random.ts';

const seed = fc.nat(0xffffffff);

describe('createGenerator', () => {
  it('goes on from a saved state exactly, JSON in between', () => {
    fc.assert(
      fc.property(seed, fc.nat(50), (value, draws) => {
        const generator = createGenerator(value);
        for (let index = 0; index < draws; index++) generator.next();
        const state = JSON.parse(JSON.stringify(generator.state())) as ReturnType<typeof generator.state>;
        const expected = Array.from({ length: 10 }, generator.next);
        const other = createGenerator(value + 1);
        other.restore(state);
        expect(Array.from({ length: 10 }, other.next)).toEqual(expected);
        expect(expected.every((number) => number >= 0 && number < 1)).toBe(true);
      }),
    );
  });

  it('other seeds and other streams give other numbers', () => {
    const firsts = new Set<number>();
    for (let value = 0; value < 100; value++) {
      for (let stream = 0; stream < 100; stream++) firsts.add(createGenerator(value, stream).next());
    }
    expect(firsts.size).toBe(10_000);
  });

  it('is uniform enough: mean and bits of 100,000 draws', () => {
    const { next } = createGenerator(1);
    const draws = Array.from({ length: 100_000 }, next);
    expect(draws.reduce((a, b) => a + b) / draws.length).toBeCloseTo(0.5, 2);
    expect(draws.filter((draw) => draw < 0.25).length / draws.length).toBeCloseTo(0.25, 2);
  });

  it('replaces Math.random, and can be undone', () => {
    const original = Math.random;
    const undo = replaceMathRandom(createGenerator(3));
    const drawn = [Math.random(), Math.random()];
    undo();
    expect(Math.random).toBe(original);
    const same = createGenerator(3);
    expect(drawn).toEqual([same.next(), same.next()]);
  });
});

describe('permutation', () => {
  it('holds every index once, and is a function of seed and epoch', () => {
    fc.assert(
      fc.property(seed, fc.nat(1000), fc.nat(200), (value, epoch, length) => {
        const order = permutation(value, epoch, length);
        expect([...order].toSorted((a, b) => a - b)).toEqual(Array.from({ length }, (_, index) => index));
        expect(permutation(value, epoch, length)).toEqual(order);
      }),
    );
    expect(permutation(1, 0, 100)).not.toEqual(permutation(1, 1, 100));
    expect(permutation(1, 0, 100)).not.toEqual(permutation(2, 0, 100));
  });
});
