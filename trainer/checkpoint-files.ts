/**
 * The training's side of the checkpoint files: a snapshot is copied into one of two pieces of shared memory, a thread
 * makes it durable, the training goes on meanwhile. P4: the thread's answer is the acknowledgement.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { openCheckpointWriter, type SaveRequest } from './checkpoint-writer.ts';
import type { Allocate, Copying } from './safetensors.ts';
import { startThread } from './start-thread.ts';
import type { WriteHold } from './write-hold.ts';
import type { Saved, WriterData, WriterOrder } from './writer-thread.ts';

export interface CheckpointStore {
  /**
   * Waits for memory that is free, then calls `take`, which must fill memory of `allocate` and nothing else: before it
   * returns, or piece by piece in the turns that it is given between those of the training. Its promise resolves when the
   * training may go on; `durable` when the snapshot is on disk, listed, and what it replaces is gone, or when that failed:
   * it never rejects.
   */
  save(
    take: (allocate: Allocate) => Buffer | Copying,
    request: () => SaveRequest,
  ): Promise<{ readonly durable: Promise<Saved> }>;
  /** A snapshot is being copied or written. */
  isBusy(): boolean;
  /** Waits for what is being written, and ends the thread. */
  close(): Promise<void>;
}

interface Slot {
  memory: SharedArrayBuffer | null;
  isFree: boolean;
}

/** So much of each turn of the event loop, between two batches, goes to a copy. */
const TURN_MILLISECONDS = 3;

/** A state that grows (its header holds numbers of any length) seldom needs other memory. Bytes. */
const ROOM = 1 << 16;

/**
 * @param hold where the thread that writes stands still. Default: nowhere.
 * @throws TrainerFailed `StorageError` when the segment's directory cannot be written at all.
 */
export function openCheckpointStore(segmentDirectory: string, hold: WriteHold | null = null): CheckpointStore {
  // Here, not only in the thread: what is wrong from the start is told before any work is lost.
  openCheckpointWriter(segmentDirectory);
  const slots: readonly Slot[] = [0, 1].map(() => ({ memory: null, isFree: true }));
  const waiting: { slot: Slot; answer: (saved: Saved) => void }[] = [];
  const released: (() => void)[] = [];
  let worker: Worker | null = null;
  /** Snapshots that are still being copied, and the newest of them. */
  let copies = 0;
  let copied: Promise<void> = Promise.resolve();

  const release = (slot: Slot): void => {
    slot.isFree = true;
    for (const wake of released.splice(0)) wake();
  };
  const settle = (saved: Saved): void => {
    const first = waiting.shift();
    if (first === undefined) return;
    release(first.slot);
    first.answer(saved);
    if (waiting.length === 0) worker?.unref();
  };
  const fail = (message: string): void => {
    worker = null;
    for (const _ of [...waiting]) settle({ kind: 'failed', cause: 'thread', message });
  };
  const thread = (): Worker => {
    if (worker !== null) return worker;
    const started = startThread('./writer-thread', import.meta.url, { segmentDirectory, hold } satisfies WriterData);
    started.on('message', settle);
    started.on('error', (error) => fail(`the thread that writes checkpoints died: ${error.message}`));
    started.on('exit', (code) => worker === started && fail(`the thread that writes checkpoints ended (${code})`));
    return (worker = started);
  };
  const post = (order: WriterOrder): void => thread().postMessage(order, []);
  const reserve = async (): Promise<Slot> => {
    for (;;) {
      const slot = slots.find(({ isFree }) => isFree);
      if (slot !== undefined) {
        slot.isFree = false;
        return slot;
      }
      await new Promise<void>((resolve) => released.push(resolve));
    }
  };
  const fill = (slot: Slot, take: (allocate: Allocate) => Buffer | Copying): (() => Buffer | null) => {
    const allocate = (bytes: number): Buffer => {
      if (slot.memory === null || slot.memory.byteLength < bytes)
        slot.memory = new SharedArrayBuffer(Math.ceil(bytes / ROOM + 1) * ROOM);
      return Buffer.from(slot.memory, 0, bytes);
    };
    const taken = take(allocate);
    return () => {
      const content = Buffer.isBuffer(taken) ? taken : copyFor(TURN_MILLISECONDS, taken);
      if (content !== null && content.buffer !== slot.memory)
        throw new TypeError('a snapshot must use the memory that it is given');
      return content;
    };
  };
  const order = (slot: Slot, content: Buffer, request: SaveRequest): Promise<Saved> => {
    const durable = new Promise<Saved>((answer) => waiting.push({ slot, answer }));
    const memory = slot.memory!;
    try {
      post({ kind: 'save', memory, bytes: content.byteLength, request });
      worker?.ref();
      for (const other of slots) {
        if (other.memory !== null) continue;
        other.memory = new SharedArrayBuffer(memory.byteLength);
        post({ kind: 'warm', memory: other.memory });
      }
    } catch (error) {
      fail(`no thread to write checkpoints: ${error instanceof Error ? error.message : String(error)}`);
    }
    return durable;
  };
  /** Behind the copy that was begun before: the thread gets its orders in the order of the snapshots. */
  const copyOn = (slot: Slot, more: () => Buffer | null, request: SaveRequest): Promise<Saved> => {
    const before = copied;
    copies += 1;
    const content = (async () => {
      await before;
      for (;;) {
        await nextTurn();
        const whole = more();
        if (whole !== null) return whole;
      }
    })();
    copied = content.catch(() => {}).then(() => void (copies -= 1));
    return content.then(
      (whole) => order(slot, whole, request),
      (error: unknown): Saved => {
        release(slot);
        return { kind: 'failed', cause: 'copy', message: error instanceof Error ? error.message : String(error) };
      },
    );
  };

  return {
    save: async (take, request) => {
      const slot = await reserve();
      try {
        const more = fill(slot, take);
        const wanted = request();
        // What is small is copied at once.
        const content = copies === 0 ? more() : null;
        if (content !== null) return { durable: order(slot, content, wanted) };
        return { durable: copyOn(slot, more, wanted) };
      } catch (error) {
        release(slot);
        throw error;
      }
    },
    isBusy: () => copies > 0 || waiting.length > 0,
    close: async () => {
      await copied;
      while (waiting.length > 0) await new Promise<void>((resolve) => released.push(resolve));
      const last = worker;
      worker = null;
      await last?.terminate();
    },
  };
}

// --- internal ---

/** @returns null when there is more to copy. */
function copyFor(milliseconds: number, copying: Copying): Buffer | null {
  const until = performance.now() + milliseconds;
  do {
    const { done, value } = copying.next();
    if (done === true) return value;
  } while (performance.now() < until);
  return null;
}
