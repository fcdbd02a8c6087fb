/** A Python program beside this one that answers each line of JSON with one. */
import { execa } from 'execa';

export interface Companion {
  /** One question at a time. */
  ask<Answer>(question: unknown): Promise<Answer>;
  end(): Promise<void>;
}

/** One thread each: what is compared is the samplers, not their use of cores. */
const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };

export function startCompanion(python: string, args: readonly string[]): Companion {
  const child = execa(python, args, { env: ONE_THREAD, stderr: 'inherit', buffer: false, reject: false });
  const lines = child.iterable();
  return {
    async ask<Answer>(question: unknown) {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${args[0]} ended at the question ${JSON.stringify(question)}`);
      return JSON.parse(value as string) as Answer;
    },
    async end() {
      child.stdin.end();
      await child;
    },
  };
}
