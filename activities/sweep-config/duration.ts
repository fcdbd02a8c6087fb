/** Durations in sweep.yaml: seconds as a number, or text such as `90s`, `5m`, `1.5h`. */
const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

export const DURATION_FORMS = 'a number of seconds, or text such as 90s, 5m, 1.5h';

/** Seconds; null when it is no duration. */
export function parseDuration(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : null;
  if (typeof value !== 'string') return null;
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(value.trim());
  return match === null ? null : Number(match[1]) * UNITS[match[2]!]!;
}
