/** The problems that `tables.py` answers. */
import { fileURLToPath } from 'node:url';
import { type Companion, startCompanion } from './json-lines.ts';
import type { Problem } from './problem.ts';

/** @param lcbench directory of LCBench's surrogate, or null: its problems are left out. */
export async function tableProblems(
  python: string,
  lcbench: string | null,
): Promise<{ readonly problems: readonly Problem[]; readonly companion: Companion }> {
  const script = fileURLToPath(new URL('tables.py', import.meta.url));
  const companion = startCompanion(python, lcbench === null ? [script] : [script, lcbench]);
  const listed = await companion.ask<readonly Pick<Problem, 'name' | 'space'>[]>('list');
  const problems = listed.map(({ name, space }) => ({
    name,
    space,
    regret: (values: unknown) => companion.ask<number>({ problem: name, values }),
  }));
  return { problems, companion };
}
