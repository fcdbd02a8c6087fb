/** A script's hyperparameters are its defaults, overridden by those of a sweep; names and types must be the script's. */
import type { Hyperparameter, Hyperparameters } from './protocol.ts';

/** A wrong name or type in the hyperparameters that were given. */
export class WrongHyperparameter extends Error {}

/** @throws WrongHyperparameter that lists what the script knows. */
export function applyHyperparameters(defaults: Hyperparameters, given: Hyperparameters): Hyperparameters {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) {
      throw new WrongHyperparameter(`unknown hyperparameter "${name}": the script has ${describe(defaults)}`);
    }
    const [wanted, got] = [kindOf(defaults[name]!), kindOf(value)];
    if (wanted !== 'null' && got !== 'null' && wanted !== got) {
      throw new WrongHyperparameter(
        `hyperparameter "${name}" is ${JSON.stringify(value)}, a ${got}: the script wants a ${wanted}, ` +
          `such as its default ${JSON.stringify(defaults[name])}`,
      );
    }
  }
  return { ...defaults, ...given };
}

export const describe = (defaults: Hyperparameters): string => {
  const names = Object.entries(defaults).map(([name, value]) => `${name} (${kindOf(value)})`);
  return names.length === 0 ? 'none' : names.join(', ');
};

export function kindOf(value: Hyperparameter): 'null' | 'list' | 'object' | 'number' | 'string' | 'boolean' {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return typeof value as 'object' | 'number' | 'string' | 'boolean';
}
