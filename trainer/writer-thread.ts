/** The thread that makes checkpoints durable while the training goes on. One order at a time, in their order. */
import { parentPort, workerData } from 'node:worker_threads';
import { type CheckpointWriter, openCheckpointWriter, type SaveRequest } from './checkpoint-writer.ts';
import { errorCode } from './durable.ts';
import type { CheckpointEntry } from './protocol.ts';
import { obeyHold, type WriteHold } from './write-hold.ts';

export interface WriterData {
  readonly segmentDirectory: string;
  /** Where it stands still, once; null: nowhere. */
  readonly hold: WriteHold | null;
}

export type WriterOrder =
  | { readonly kind: 'save'; readonly memory: SharedArrayBuffer; readonly bytes: number; readonly request: SaveRequest }
  /** Have the system lay out the pages now; nothing in them changes, whoever uses them meanwhile. */
  | { readonly kind: 'warm'; readonly memory: SharedArrayBuffer };

/** One per `save`, in their order. */
export type Saved =
  | { readonly kind: 'saved'; readonly entry: CheckpointEntry }
  /** `cause` is the system's code where there is one: equal causes need to be told but once. */
  | { readonly kind: 'failed'; readonly cause: string; readonly message: string };

const PAGE = 4096;
const { segmentDirectory, hold } = workerData as WriterData;
const reached = hold === null ? null : obeyHold(hold);
let writer: CheckpointWriter | null = null;

parentPort?.on('message', (order: WriterOrder) => {
  if (order.kind === 'save') parentPort?.postMessage(save(order), []);
  else warm(new Int32Array(order.memory));
});

// --- internal ---

function save({ memory, bytes, request }: Extract<WriterOrder, { kind: 'save' }>): Saved {
  try {
    reached?.(request.at.step);
    writer ??= openCheckpointWriter(segmentDirectory);
    return { kind: 'saved', entry: writer.save(Buffer.from(memory, 0, bytes), request) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', cause: errorCode(error) || message, message };
  }
}

function warm(words: Int32Array): void {
  for (let index = 0; index < words.length; index += PAGE / words.BYTES_PER_ELEMENT) Atomics.or(words, index, 0);
}
