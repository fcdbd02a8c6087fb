/** One trial in many processes: each is struck at its batch, the next goes on, the last trains to the end. */
import { PLACES } from './render.ts';
import type { SegmentEnd } from './run-segment.ts';
import type { PlannedStrike } from './strikes.ts';
import type { Difference, SegmentRecord } from './verdict.ts';

export interface InterruptedInput {
  readonly directory: string;
  readonly strikes: readonly PlannedStrike[];
  readonly checkpointSeconds: number;
  readonly run: (directory: string, strike: PlannedStrike | null, checkpointSeconds: number) => Promise<SegmentEnd>;
  readonly log: (text: string) => void;
}

export interface InterruptedRun {
  readonly segments: readonly SegmentRecord[];
  /** Each once. */
  readonly warnings: readonly string[];
  /** Why it never came to its end; null: it did. */
  readonly failure: Extract<Difference, { kind: 'failure' }> | null;
}

export async function runInterrupted(input: InterruptedInput): Promise<InterruptedRun> {
  const { directory, strikes, checkpointSeconds, run, log } = input;
  const segments: SegmentRecord[] = [];
  const warnings = new Set<string>();
  for (const strike of [...strikes, null]) {
    const end = await run(directory, strike, checkpointSeconds);
    const started = end.messages.find((message) => message.type === 'started');
    const { step = 0, epoch = 0, batch = 0 } = started ?? {};
    for (const warning of started?.warnings ?? []) warnings.add(warning);
    const isOver = end.outcome?.status === 'completed' && end.signal === null;
    const came = isOver ? null : end.struck;
    segments.push({ step, epoch, batch, strike: came });
    const from = `segment ${segments.length} from step ${step}`;
    if (isOver) {
      log(`${from}: trained to its end`);
      return { segments, warnings: [...warnings], failure: null };
    }
    const isStruck = came !== null && (end.outcome?.status === 'interrupted' || end.signal === came.signal);
    if (!isStruck) {
      log(`${from}: failed`);
      return { segments, warnings: [...warnings], failure: { kind: 'failure', step, message: describe(end) } };
    }
    log(`${from}: ${came.signal} ${PLACES[came.place]}, after step ${came.step}`);
  }
  const message = 'the last segment, which nothing struck, did not train to its end';
  return { segments, warnings: [...warnings], failure: { kind: 'failure', step: 0, message } };
}

// --- internal ---

function describe({ outcome, code, signal, output }: SegmentEnd): string {
  if (outcome?.status === 'failed') return `${outcome.type}: ${outcome.message}`;
  return `${outcome?.status ?? 'no outcome'}, ${signal ?? `exit code ${code}`}: ${output.slice(-500)}`;
}
