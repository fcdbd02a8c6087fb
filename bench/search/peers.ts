/** Optuna and W&B's engine, as `peers.py` drives them. */
import { fileURLToPath } from 'node:url';
import { type Companion, startCompanion } from './json-lines.ts';
import type { Sampler, Values } from './problem.ts';

export const startPeers = (python: string): Companion =>
  startCompanion(python, [fileURLToPath(new URL('peers.py', import.meta.url))]);

export const peer = (companion: Companion, name: string): Sampler => ({
  name,
  async begin({ space }, seed) {
    await companion.ask({ begin: name, space, seed });
    return {
      ask: (number) => companion.ask<Values>({ ask: number }),
      tell: (number, value) => companion.ask({ tell: number, value }),
    };
  },
});
