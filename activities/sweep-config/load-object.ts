/** An inline sweep (a workflow's input) to located values. JSON has no floats: `1.0` arrives as the integer 1. */
import { type Entry, type LocatedValue, type Report, join } from './located.ts';

const MAX_VALUES = 100_000;
const MAX_DEPTH = 50;

/** Null when it is not plain JSON; the reason is in the report. */
export function loadObject(source: unknown, report: Report): LocatedValue | null {
  let values = 0;

  const visit = (value: unknown, path: string, depth: number): LocatedValue | null => {
    const at = { path, place: null };
    const refuse = (message: string) => {
      report.problem(at, message);
      return null;
    };
    values += 1;
    if (values > MAX_VALUES) return values === MAX_VALUES + 1 ? refuse(`holds more than ${MAX_VALUES} values.`) : null;
    if (depth > MAX_DEPTH) return refuse(`nests more than ${MAX_DEPTH} levels deep.`);
    if (value === null || typeof value === 'string' || typeof value === 'boolean') {
      return { ...at, kind: 'scalar', value, float: false, source: String(value ?? ''), plain: false };
    }
    if (typeof value === 'number') {
      return { ...at, kind: 'scalar', value, float: !Number.isSafeInteger(value), source: String(value), plain: false };
    }
    if (Array.isArray(value)) {
      const items = value.map((item: unknown, index) => visit(item, join(path, index), depth + 1));
      return items.every((item) => item !== null) ? { ...at, kind: 'list', items } : null;
    }
    if (typeof value !== 'object') return refuse(`is a ${typeof value}, which JSON does not have.`);
    const entries = new Map<string, Entry>();
    for (const [name, inner] of Object.entries(value)) {
      const entry = visit(inner, join(path, name), depth + 1);
      if (entry === null) return null;
      entries.set(name, { key: null, value: entry });
    }
    return { ...at, kind: 'mapping', entries };
  };

  return visit(source, '', 0);
}
