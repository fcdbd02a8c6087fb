/** `${parameter:NAME}` in an option of sbatch: the trial's own value, so that `mem` or `time` may follow a hyperparameter. */
import type { Hyperparameters } from '../../workflows/messages.ts';
import { didYouMean } from './problem.ts';
import { pythonText } from './python.ts';
import type { SearchSpace } from './resolved-sweep.ts';
import { flatten } from './space.ts';

const REFERENCE = /\$\{parameter:([^}]*)\}/g;
/** Anything in braces after a dollar sign: a reference that was mistyped would reach sbatch as it stands. */
const ANY = /\$\{[^}]*\}?/g;

/** What is wrong with a value's references, in whole sentences; null when nothing is. */
export function wrongReferences(text: string, parameters: readonly string[]): string | null {
  for (const found of text.match(ANY) ?? []) {
    const name = new RegExp(`^${REFERENCE.source}$`).exec(found)?.[1];
    if (name === undefined)
      return `holds ${found}, which is no reference known here. Write \${parameter:NAME} for the trial's own value.`;
    if (parameters.includes(name)) continue;
    const near = didYouMean(name, parameters);
    const question = near === null ? '' : ` Did you mean "${near}"?`;
    return `refers to "${name}", which is no parameter of every trial.${question} Parameters: ${parameters.join(', ') || 'none'}.`;
  }
  return null;
}

/** Replaces the references by a trial's values, written as Python writes them. P14: each stays one word of sbatch's arguments. */
export function withParameters(
  options: Readonly<Record<string, string | true>>,
  space: SearchSpace,
  hyperparameters: Hyperparameters,
): Record<string, string | true> {
  const values = new Map(flatten(space, hyperparameters));
  const fill = (text: string): string =>
    text.replace(REFERENCE, (_, name: string) => pythonText(values.get(name) ?? null, false));
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, value === true ? true : fill(value)]),
  );
}
