/** The line that tells a person at a terminal how far an epoch is. Pure. */

export interface EpochProgress {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Finished batches. */
  readonly batch: number;
  readonly batches: number;
  /** Named values to show, in this order. */
  readonly values: Readonly<Record<string, number>>;
  /** Examples per second; null: not known yet. */
  readonly rate: number | null;
  /** Until the end of the epoch's training; null: not known yet. */
  readonly secondsLeft: number | null;
}

const BAR = { least: 5, most: 30 };

/** @param columns the line is never longer; what does not fit is left out, the bar first, then from the right. */
export function renderProgress(progress: EpochProgress, columns: number): string {
  const { epoch, epochs, batch, batches, values, rate, secondsLeft } = progress;
  const share = batches === 0 ? 1 : Math.min(1, batch / batches);
  const head = `epoch ${epoch}/${epochs}`;
  const tail = [
    `${batch}/${batches}`,
    `${Math.floor(share * 100)} %`,
    ...(batch >= batches
      ? ['evaluating']
      : [
          ...Object.entries(values).map(([name, value]) => `${name} ${formatNumber(value)}`),
          ...(rate === null ? [] : [`${formatRate(rate)} examples/s`]),
          ...(secondsLeft === null ? [] : [`${formatSeconds(secondsLeft)} left`]),
        ]),
  ];
  while (tail.length > 0 && lengthOf([head, ...tail]) > columns) tail.pop();
  const room = Math.min(BAR.most, columns - lengthOf([head, '[]', ...tail]));
  const parts = room < BAR.least ? [head, ...tail] : [head, bar(share, room), ...tail];
  return parts.join(SEPARATOR).slice(0, Math.max(0, columns));
}

/** Four digits behind the point; small numbers with an exponent. */
export const formatNumber = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(3) : value.toFixed(4);

// --- internal ---

const SEPARATOR = '  ';

const lengthOf = (parts: readonly string[]): number => parts.join(SEPARATOR).length;

function bar(share: number, width: number): string {
  const full = Math.floor(share * width);
  return `[${'='.repeat(full)}${' '.repeat(width - full)}]`;
}

const formatRate = (rate: number): string => (rate < 10 ? rate.toFixed(1) : String(Math.round(rate)));

function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
