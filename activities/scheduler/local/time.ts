/** sbatch's `--time`. Unlike SLURM we keep the seconds, so that a test need not take a minute. */

/**
 * `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`, `days-hours:minutes`, `days-hours:minutes:seconds`.
 * @returns milliseconds; null for no limit (`UNLIMITED`, `0`); undefined for anything else.
 */
export function parseTimeLimit(text: string): number | null | undefined {
  if (/^(unlimited|infinite)$/i.test(text)) return null;
  const match = /^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [first, second, third] = [match[2], match[3], match[4]].map((part) =>
    part === undefined ? null : Number(part),
  );
  const seconds =
    match[1] !== undefined
      ? Number(match[1]) * 86_400 + first! * 3_600 + (second ?? 0) * 60 + (third ?? 0)
      : third !== null && third !== undefined
        ? first! * 3_600 + second! * 60 + third
        : first! * 60 + (second ?? 0);
  return seconds === 0 ? null : seconds * 1_000;
}
