/** The table: one column per kind of interruption, median [least–most] in milliseconds. Pure. */
import { markdown, spread } from '../support/statistics.ts';
import type { Sample } from './series.ts';
import { STAGES, type Stage } from './timeline.ts';

export interface Column {
  readonly name: string;
  readonly zero: string;
  readonly samples: readonly Sample[];
}

export function report(columns: readonly Column[]): string {
  const rows = STAGES.map((stage) => [stage, ...columns.map((column) => cell(column, stage))]);
  const table = markdown(
    ['ms after t0: median [range]', ...columns.map(({ name, samples }) => `${name}, n=${samples.length}`)],
    rows,
  );
  const zeros = columns.map(({ name, zero }) => `- ${name}: t0 = ${zero}`);
  return [table, '', ...zeros, ...ratios(columns)].join('\n');
}

function cell({ samples }: Column, stage: Stage): string {
  const found = spread(samples.flatMap((sample) => sample[stage] ?? []));
  if (found === null) return '-';
  const { median, least, most, count } = found;
  const few = count < samples.length ? ` (${count})` : '';
  return `${Math.round(median)} [${Math.round(least)}–${Math.round(most)}]${few}`;
}

function ratios(columns: readonly Column[]): string[] {
  const median = (column: Column | undefined): number | null =>
    spread(column?.samples.flatMap((sample) => sample['first new batch'] ?? []) ?? [])?.median ?? null;
  const held = median(columns.find(({ name }) => name === 'without release'));
  if (held === null) return [];
  return columns.flatMap((column) => {
    const own = median(column);
    if (own === null || column.name === 'without release') return [];
    return [`- ${column.name}: first new batch ${(held / own).toFixed(0)} times sooner than without release`];
  });
}
