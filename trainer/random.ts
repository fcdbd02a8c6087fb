/**
 * Every random number of a trial comes from its seed. `Math.random` is replaced, because all initialisers and dropout
 * masks of tfjs draw their seeds from it; the state of the generator is four words in the checkpoint (P5).
 */
export type RandomState = readonly [number, number, number, number];

export interface Generator {
  /** 32 random bits, unsigned. */
  bits(): number;
  /** A double in [0, 1) with 53 random bits. */
  next(): number;
  state(): RandomState;
  restore(state: RandomState): void;
}

/** sfc32, a small chaotic counter generator with 128 bits of state; streams of different keys are unrelated. */
export function createGenerator(seed: number, stream = 0): Generator {
  const spread = splitmix(mix(seed ^ 0x9e3779b9) ^ mix(stream + 0x7f4a7c15));
  let [a, b, c, d] = [spread(), spread(), spread(), 1];
  const bits = (): number => {
    const result = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    c |= 0;
    return result >>> 0;
  };
  for (let round = 0; round < 12; round++) bits();
  return {
    bits,
    next: () => ((bits() >>> 5) * 0x4000000 + (bits() >>> 6)) / 0x20000000000000,
    state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
    restore: (state) => {
      [a, b, c, d] = [state[0] | 0, state[1] | 0, state[2] | 0, state[3] | 0];
    },
  };
}

/** From now on `Math.random` draws from `generator`. @returns an undo function, for tests. */
export function replaceMathRandom(generator: Generator): () => void {
  const original = Math.random;
  Math.random = generator.next;
  return () => {
    Math.random = original;
  };
}

/** The order of the examples in an epoch: a function of (seed, epoch) alone, so that nothing of it need be stored. */
export function permutation(seed: number, epoch: number, length: number): Uint32Array {
  const generator = createGenerator(seed, epoch + 1);
  const order = Uint32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const other = Math.floor(generator.next() * (last + 1));
    const moved = order[last]!;
    order[last] = order[other]!;
    order[other] = moved;
  }
  return order;
}

// --- internal ---

function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

function splitmix(start: number): () => number {
  let state = start | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return mix(state) | 0;
  };
}
