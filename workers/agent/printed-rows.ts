/**
 * A program that knows nothing of the protocol: each line of its output that is a JSON object with numbers is a row.
 * They are kept until the grant, since an older incarnation may still be alive (P2), and then written into the segment.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { EncodedMetrics } from '../../trainer/codec.ts';
import type { Row } from '../../trainer/protocol.ts';

export interface PrintedRows {
  /** The last row's position, with the latest value of every metric; null: nothing was printed that counts. */
  readonly last: Row | null;
  /** From now on rows go into `metrics.jsonl` there. */
  grant(directory: string): void;
}

/** Longest line that is looked at, in characters. */
const LONGEST = 64 * 1024;

/** @param output is passed on to our own stdout, byte for byte. */
export function readPrintedRows(output: Readable, hear: (row: Row) => void): PrintedRows {
  let last: Row | null = null;
  let file: string | null = null;
  let waiting = '';
  let rest = '';
  output.on('data', (chunk: Buffer) => {
    process.stdout.write(chunk);
    const lines = (rest + chunk.toString()).split(/\r?\n|\r/);
    rest = lines.pop()!;
    if (rest.length > LONGEST) rest = '';
    for (const line of lines) take(line);
  });
  output.on('end', () => take(rest));

  const take = (line: string): void => {
    const row = rowOf(line, last);
    if (row === null) return;
    last = { ...row, metrics: { ...last?.metrics, ...row.metrics } };
    waiting += `${JSON.stringify(row)}\n`;
    write();
    hear(row);
  };
  const write = (): void => {
    if (file === null) return;
    appendFileSync(file, waiting, { mode: 0o600 });
    waiting = '';
  };
  return {
    get last() {
      return last;
    },
    grant(directory) {
      file = join(directory, 'metrics.jsonl');
      write();
    },
  };
}

/** `step` and `epoch` count if they are whole numbers that go on; else rows are counted. Null: no row. */
export function rowOf(line: string, before: Pick<Row, 'step' | 'epoch'> | null): Row | null {
  const text = line.trim();
  if (!text.startsWith('{')) return null;
  let printed: unknown;
  try {
    // What Python's json.dumps writes for them, and JSON lacks.
    printed = JSON.parse(text.replace(/(:\s*)(NaN|-?Infinity)(?=\s*[,}])/g, '$1"$2"'));
  } catch {
    return null;
  }
  const { step, epoch, ...values } = printed as Record<string, unknown>;
  const metrics = Object.entries(values).filter(
    ([, value]) => typeof value === 'number' || ['NaN', 'Infinity', '-Infinity'].includes(value as string),
  );
  if (metrics.length === 0) return null;
  const { step: lastStep, epoch: lastEpoch } = before ?? { step: 0, epoch: 0 };
  return {
    step: isWhole(step) && step > lastStep ? step : lastStep + 1,
    epoch: isWhole(epoch) && epoch >= lastEpoch ? epoch : lastEpoch + 1,
    metrics: Object.fromEntries(metrics) as EncodedMetrics,
  };
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
