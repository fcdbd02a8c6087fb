/**
 * The training's side of the checkpoint files: a snapshot is copied into one of two pieces of shared memory, a thread
 * makes it durable, the training goes on meanwhile.
 */
import type { Worker } from 'node:worker_threads';
import { openCheckpointWriter, type SaveRequest } from './checkpoint-writer.ts';
import type { Allocate } from './safetensors.ts';
import { startWriter } from './start-writer.ts';
import type { Saved, WriterOrder } from './writer-thread.ts';

export interface CheckpointStore {
  /**
   * Waits for memory that is free, then calls `take`, which must fill memory of `allocate` and nothing else before it
   * returns. Its promise resolves when the snapshot is taken; `durable` when it is on disk, listed, and what it replaces
   * is gone, or when that failed: it never rejects.
   */
  save(take: (allocate: Allocate) => Buffer, request: () => SaveRequest): Promise<{ readonly durable: Promise<Saved> }>;
  /** A snapshot is being written. */
  isBusy(): boolean;
  /** Waits for what is being written, and ends the thread. */
  close(): Promise<void>;
}

interface Slot {
  memory: SharedArrayBuffer | null;
  isFree: boolean;
}

/** A state that grows (its header holds numbers of any length) seldom needs other memory. Bytes. */
const ROOM = 1 << 16;

/** @throws TrainerFailed `StorageError` when the segment's directory cannot be written at all. */
export function openCheckpointStore(segmentDirectory: string): CheckpointStore {
  // Here, not only in the thread: what is wrong from the start is told before any work is lost.
  openCheckpointWriter(segmentDirectory);
  const slots: readonly Slot[] = [0, 1].map(() => ({ memory: null, isFree: true }));
  const waiting: { slot: Slot; answer: (saved: Saved) => void }[] = [];
  const released: (() => void)[] = [];
  let worker: Worker | null = null;

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
    const started = startWriter({ segmentDirectory });
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
  const fill = (slot: Slot, take: (allocate: Allocate) => Buffer): { memory: SharedArrayBuffer; bytes: number } => {
    let memory = slot.memory;
    try {
      const content = take((bytes) => {
        if (memory === null || memory.byteLength < bytes)
          memory = new SharedArrayBuffer(Math.ceil(bytes / ROOM + 1) * ROOM);
        return Buffer.from(memory, 0, bytes);
      });
      if (memory === null || content.buffer !== memory)
        throw new TypeError('a snapshot must use the memory that it is given');
      slot.memory = memory;
      return { memory, bytes: content.byteLength };
    } catch (error) {
      release(slot);
      throw error;
    }
  };

  try {
    thread(); // now, so that the first checkpoint does not wait for it
  } catch {
    // The first save tries again, and tells.
  }
  return {
    save: async (take, request) => {
      const slot = await reserve();
      const { memory, bytes } = fill(slot, take);
      const durable = new Promise<Saved>((answer) => waiting.push({ slot, answer }));
      try {
        post({ kind: 'save', memory, bytes, request: request() });
        worker?.ref();
        for (const other of slots) {
          if (other.memory !== null) continue;
          other.memory = new SharedArrayBuffer(memory.byteLength);
          post({ kind: 'warm', memory: other.memory });
        }
      } catch (error) {
        fail(`no thread to write checkpoints: ${error instanceof Error ? error.message : String(error)}`);
      }
      return { durable };
    },
    isBusy: () => waiting.length > 0,
    close: async () => {
      while (waiting.length > 0) await new Promise<void>((resolve) => released.push(resolve));
      const last = worker;
      worker = null;
      await last?.terminate();
    },
  };
}
