/** Plain tables: they survive ssh, pipes and logs. */
import { shellQuote } from '../../activities/scheduler/shell-quote.ts';

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return [line(header), ...rows.map(line)].join('\n');
}

/** Six significant digits, without a tail of zeros. */
export function short(value: number | string | null | undefined): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

export function hyperparametersText(hyperparameters: Readonly<Record<string, unknown>>): string {
  return Object.entries(hyperparameters)
    .map(([name, value]) => `${name}=${typeof value === 'number' ? short(value) : JSON.stringify(value)}`)
    .join(' ');
}

/** A command line that may be pasted into a shell. */
export const commandText = (command: readonly string[]): string =>
  command.map((text) => (/^[\w./:=,@%+-]+$/.test(text) ? text : shellQuote(text))).join(' ');
