/** The key `parameters:` to a flat search space. Nested parameters are flattened, in W&B's order: sorted at every level. */
import { readDistribution } from './distribution.ts';
import { type LocatedValue, type Mapping, type Report, describe, scalars } from './located.ts';
import type { Distribution, Method } from './resolved-sweep.ts';
import { compareNames, NESTED } from './space.ts';
import { warnOfTraps } from './traps.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
/** W&B's grids take only these. */
const GRID = ['constant', 'categorical', 'int_uniform', 'q_uniform'];

export interface Parameters {
  readonly space: Record<string, Distribution>;
  /** See `ResolvedSweep.floats`. */
  readonly floats: string[];
}

export function readParameters(value: LocatedValue, method: Method | null, report: Report): Parameters {
  const space = new Map<string, Distribution>();
  const floats: string[] = [];

  const visit = (mapping: Mapping, prefix: string): void => {
    if (mapping.entries.size === 0) report.problem(mapping, 'needs at least one parameter.');
    for (const [name, entry] of mapping.entries) {
      const at = { path: entry.value.path, place: entry.key };
      if (!NAME.test(name) || name === '__proto__') {
        report.problem(at, 'is no parameter name: a letter or _ first, then letters, digits, "_", "." or "-".');
        continue;
      }
      const parameter = asMapping(entry.value, report);
      if (parameter === null) continue;
      const inner = parameter.entries.get('parameters');
      if (inner !== undefined && parameter.entries.size === 1) {
        if (inner.value.kind === 'mapping') visit(inner.value, prefix + name + NESTED);
        else report.problem(inner.value, `must be a mapping of parameters, not ${describe(inner.value)}.`);
        continue;
      }
      if (inner !== undefined) {
        report.problem(parameter, 'has "parameters" beside other keys. Nested parameters stand alone.');
        continue;
      }
      const distribution = readDistribution(parameter, report);
      if (distribution === null) continue;
      if (method === 'grid' && !GRID.includes(distribution.distribution)) {
        report.problem(
          parameter,
          `${distribution.distribution} has no grid. A grid takes ${GRID.join(', ')}; or use method: random.`,
        );
      }
      const resolved = method === 'grid' ? gridTyped(distribution, parameter) : distribution;
      space.set(prefix + name, resolved);
      if (isFloat(resolved, parameter, report)) floats.push(prefix + name);
    }
  };

  if (value.kind === 'mapping') visit(value, '');
  else report.problem(value, `must be a mapping of parameters, not ${describe(value)}.`);
  const sorted = [...space].sort(([a], [b]) => compareNames(a, b));
  return { space: Object.fromEntries(sorted), floats: floats.sort(compareNames) };
}

function asMapping(value: LocatedValue, report: Report): Mapping | null {
  if (value.kind === 'mapping') return value;
  const mend =
    value.kind === 'list'
      ? 'Write "values:" before the list.'
      : `Write { value: ${value.source || '…'} } for a constant.`;
  report.problem(value, `must be a mapping such as { min: 0.0, max: 1.0 }, not ${describe(value)}. ${mend}`);
  return null;
}

/** A grid counts from min by q: integers only if all three are. */
function gridTyped(distribution: Distribution, parameter: Mapping): Distribution {
  if (distribution.distribution !== 'q_uniform') return distribution;
  const bounds = ['min', 'max'].map((key) => parameter.entries.get(key)?.value);
  const integer = distribution.integer && bounds.every((bound) => bound?.kind === 'scalar' && !bound.float);
  return { ...distribution, integer };
}

/** Whether Python would hold the parameter's numbers as floats. */
function isFloat(distribution: Distribution, parameter: Mapping, report: Report): boolean {
  switch (distribution.distribution) {
    case 'int_uniform':
      return false;
    case 'constant':
    case 'categorical':
    case 'categorical_w_probabilities':
      return literalsAreFloats(parameter, report);
    default:
      return !('integer' in distribution && distribution.integer);
  }
}

function literalsAreFloats(parameter: Mapping, report: Report): boolean {
  const given = parameter.entries.get('value') ?? parameter.entries.get('values');
  const numbers = [...(given === undefined ? [] : scalars(given.value))].filter((scalar) => {
    warnOfTraps(scalar, report);
    if (typeof scalar.value !== 'number') return false;
    if (!Number.isFinite(scalar.value)) report.problem(scalar, 'must be finite: JSON has neither NaN nor infinities.');
    else if (!scalar.float && !Number.isSafeInteger(scalar.value)) {
      report.problem(scalar, `${scalar.source} has too many digits for an exact number. Put it in quotes.`);
    }
    return true;
  });
  const floats = numbers.filter((scalar) => scalar.float);
  const whole = floats.find((scalar) => Number.isInteger(scalar.value));
  if (whole !== undefined && floats.length < numbers.length) {
    report.warn(whole, `${whole.source} stands among integers and is passed on as ${String(whole.value)}.`);
  }
  return floats.length > 0 && floats.length === numbers.length;
}
