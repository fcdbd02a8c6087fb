/**
 * What a script that runs by itself prints: where it begins, warnings, one line per epoch; and, on a terminal, a line
 * in motion beneath them.
 */
import { decodeMetrics } from './codec.ts';
import type { Report } from './loop.ts';
import type { PreparedTrial } from './prepare.ts';
import { formatNumber, renderProgress } from './progress-bar.ts';
import type { FromTrainer } from './protocol.ts';

/** A stream that may be a terminal: `process.stdout`. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ConsoleReport {
  report(message: Report): void;
  /** Takes away the line in motion, so that what is printed next begins on a line of its own. */
  end(): void;
}

type Progress = Extract<FromTrainer, { type: 'progress' }>;

/** What the console needs to know of a trial. */
export type ReportedTrial = Pick<
  PreparedTrial,
  'environment' | 'epochs' | 'examples' | 'batches' | 'batchSize' | 'hyperparameters'
>;

const REDRAW_MILLISECONDS = 100;

/** @param now milliseconds of any clock */
export function createConsoleReport(
  trial: ReportedTrial,
  output: Output = process.stdout,
  now: () => number = () => performance.now(),
): ConsoleReport {
  let [epochAt, drawnAt] = [now(), -Infinity];
  /** The first batch that was seen of the epoch under way: where the rate is measured from. */
  let first: { readonly epoch: number; readonly examples: number; readonly at: number } | null = null;
  const line = (text: string): void => void output.write(`${text}\n`);
  const end = (): void => {
    if (drawnAt !== -Infinity) output.write('\r\u001b[K');
    drawnAt = -Infinity;
  };
  const draw = (message: Progress): void => {
    if (output.isTTY !== true) return;
    const [at, examples] = [now(), Math.min(message.batch * trial.batchSize, trial.examples)];
    if (first?.epoch !== message.epoch) first = { epoch: message.epoch, examples, at };
    if (at - drawnAt < REDRAW_MILLISECONDS) return;
    drawnAt = at;
    const seconds = (at - first.at) / 1000;
    const rate = seconds > 0 && examples > first.examples ? (examples - first.examples) / seconds : null;
    const progress = {
      epoch: message.epoch + 1,
      epochs: trial.epochs,
      batch: message.batch,
      batches: message.batches,
      values: decodeMetrics(message.metrics),
      rate,
      secondsLeft: rate === null ? null : (trial.examples - examples) / rate,
    };
    // The last column stays free: some terminals break the line there.
    output.write(`\r${renderProgress(progress, (output.columns ?? 80) - 1)}\u001b[K`);
  };
  const report = (message: Report): void => {
    if (message.type === 'progress') return draw(message);
    if (message.type === 'checkpoint') return;
    end();
    if (message.type === 'started') {
      for (const warning of message.warnings) console.error(`warning: ${warning}`);
      for (const text of describeStart(trial, message)) line(text);
    } else if (message.type === 'warning') {
      console.error(`warning: ${message.message}`);
      return;
    } else {
      const metrics = Object.entries(decodeMetrics(message.metrics)).map(
        ([name, value]) => `${name} ${formatNumber(value)}`,
      );
      const seconds = ((now() - epochAt) / 1000).toFixed(1);
      line([`epoch ${message.epoch}/${trial.epochs}`, ...metrics, `${seconds} s`].join('  '));
    }
    epochAt = now();
  };
  return { report, end };
}

// --- internal ---

function describeStart(
  { environment, examples, batches, hyperparameters }: ReportedTrial,
  { step, epoch, batch }: Extract<Report, { type: 'started' }>,
): string[] {
  const library = environment['libtensorflow'];
  const engine = library === undefined ? '' : ` (libtensorflow ${library})`;
  const values = Object.entries(hyperparameters).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [
    `backend ${environment['backend']}${engine}, ${examples} examples, ${batches} batches per epoch`,
    values.join(' '),
    ...(step > 0 ? [`resumed after step ${step}: epoch ${epoch + 1}, batch ${batch}`] : []),
  ];
}
