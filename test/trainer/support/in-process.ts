/**
 * A trial cut and resumed inside one process: every segment is prepared anew, `Math.random` replaced anew, and restored
 * from nothing but a checkpoint's bytes. Two hundred segments cost what ten processes do.
 */
import type { Backend } from '../../../trainer/backend.ts';
import type { AnyTrial } from '../../../trainer/definition.ts';
import { type Report, type Segment, train } from '../../../trainer/loop.ts';
import { prepareTrial } from '../../../trainer/prepare.ts';
import type { Hyperparameters, Row, TrainerOutcome } from '../../../trainer/protocol.ts';
import { wholeOf } from '../../../trainer/safetensors.ts';

export interface InProcessCut {
  /** Batches trained and evaluated before it, counted over the whole trial: epoch by epoch, evaluations included. */
  readonly at: number;
  readonly by: 'notice' | 'kill' | 'limit';
  /** Of `limit`: the position from which on no time is left. Default: never. */
  readonly until?: number;
}

export interface InProcessRun {
  readonly outcome: TrainerOutcome;
  readonly rows: readonly Row[];
  /** Of the last checkpoint. */
  readonly bytes: Buffer;
  readonly messages: readonly Report[];
  readonly segments: number;
  /** Positions at which the segments began. */
  readonly began: readonly number[];
}

interface Saved {
  readonly content: Buffer;
  readonly epoch: number;
  readonly position: number;
}

const KILLED = new Error('killed by the test');

/**
 * @param cuts by position; one that lies behind where a segment begins is passed over
 * @param checkpointSeconds 0: a checkpoint after every batch; Infinity: at the end of epochs alone
 */
export async function runInProcess(
  backend: Backend,
  definition: AnyTrial,
  hyperparameters: Hyperparameters,
  cuts: readonly InProcessCut[] = [],
  checkpointSeconds = Infinity,
): Promise<InProcessRun> {
  const pending = [...cuts];
  const messages: Report[] = [];
  const began: number[] = [];
  let rows: Row[] = [];
  const saved: Saved[] = [];
  let position = 0;
  for (;;) {
    const from = saved.at(-1);
    position = from?.position ?? 0;
    began.push(position);
    // As rows are merged: those beyond the checkpoint do not count.
    rows = rows.filter((row) => row.epoch <= (from?.epoch ?? 0));
    const cut = pending.shift();
    const segment: Segment = {
      checkpoint: from?.content ?? null,
      files: {
        save: async (take, request) => {
          const taken = take((bytes) => Buffer.alloc(bytes));
          const content = Buffer.isBuffer(taken) ? taken : wholeOf(taken);
          const { at, rows: given, best } = request();
          rows.push(...given.filter(({ epoch }) => !rows.some((row) => row.epoch === epoch)));
          saved.push({ content, epoch: at.epoch, position });
          const entry = { ...at, file: 'none', bytes: content.byteLength, sha256: '', ...(best && { best }) };
          return { durable: Promise.resolve({ kind: 'saved', entry }) };
        },
        isBusy: () => false,
        close: async () => {},
      },
      notice: {
        give: () => {},
        current: () => {
          if (position === cut?.at && cut.by !== 'limit') {
            if (cut.by === 'kill') throw KILLED;
            return { cause: 'pause', deadline: null };
          }
          if (cut?.by === 'limit' && position >= (cut.until ?? Infinity))
            return { cause: 'limit', deadline: Date.now() };
          position += 1;
          if (cut?.by === 'limit' && position > cut.at) return { cause: 'limit', deadline: Date.now() + 3_600_000 };
          return null;
        },
      },
      report: (message) => void messages.push(message),
    };
    const trial = await prepareTrial(definition, { hyperparameters, seed: 7, checkpointSeconds }, backend);
    const outcome = await train(trial, segment).catch((error: unknown) => {
      if (error !== KILLED) throw error;
      return null;
    });
    if (outcome !== null && outcome.status !== 'interrupted')
      return { outcome, rows, bytes: saved.at(-1)!.content, messages, segments: began.length, began };
  }
}
