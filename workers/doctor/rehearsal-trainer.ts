#!/usr/bin/env node
/**
 * The trainer of doctor's rehearsal: counts ten steps a second until it is told to leave. Speaks the protocol alone, without
 * tfjs, so that a rehearsal proves the way and not the library. Each step is an epoch with a row of its own.
 */
import { createHash } from 'node:crypto';
import { fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openChannel } from '../../trainer/channel.ts';
import { checkpointsDirectory, listPath, readCheckpointList, withEntry } from '../../trainer/checkpoint-list.ts';
import { writeDurably } from '../../trainer/durable.ts';
import { ENVIRONMENT, PROTOCOL_VERSION, type CheckpointEntry, type ToTrainer } from '../../trainer/protocol.ts';

/** Milliseconds per step, and steps between two checkpoints. */
const PACE = 100;
const EVERY = 20;

const channel = openChannel(Number(process.env[ENVIRONMENT.descriptor]), {
  message: (message) => (message.type === 'grant' ? train(message) : void (notice ??= message.cause)),
  lost: () => process.exit(1), // the next segment goes on from the last checkpoint
});
let notice: Extract<ToTrainer, { type: 'notice' }>['cause'] | null = null;
channel.send({ type: 'ready', protocol: PROTOCOL_VERSION, environment: { node: process.versions.node } });

function train({ directory, resume }: Extract<ToTrainer, { type: 'grant' }>): void {
  const checkpoints = checkpointsDirectory(directory);
  mkdirSync(checkpoints, { recursive: true, mode: 0o700 });
  const rows = openSync(join(directory, 'metrics.jsonl'), 'a', 0o600);
  let step = resume === null ? 0 : (JSON.parse(readFileSync(resume.file, 'utf8')) as { step: number }).step;
  const position = () => ({ step, epoch: step, batch: 0 });
  channel.send({ type: 'started', ...position(), warnings: [] });

  const save = (reason: CheckpointEntry['reason']): void => {
    const began = performance.now();
    fsyncSync(rows);
    const text = JSON.stringify({ step });
    const file = `step-${String(step).padStart(8, '0')}.json`;
    writeDurably(join(checkpoints, file), text);
    const sha256 = createHash('sha256').update(text).digest('hex');
    const entry: CheckpointEntry = { file, ...position(), bytes: text.length, sha256, reason };
    const list = withEntry(readCheckpointList(checkpoints).checkpoints, entry);
    writeDurably(listPath(checkpoints), JSON.stringify({ version: 1, checkpoints: list }));
    channel.send({ type: 'checkpoint', ...entry, milliseconds: performance.now() - began });
  };

  const timer = setInterval(() => {
    step += 1;
    const metrics = { loss: 1 / step };
    writeSync(rows, `${JSON.stringify({ step, epoch: step, metrics })}\n`);
    channel.send({ type: 'progress', ...position(), batches: 1, metrics });
    if (notice === null) {
      if (step % EVERY === 0) save('interval');
      return;
    }
    clearInterval(timer);
    save('notice');
    channel.send({ type: 'outcome', outcome: { status: 'interrupted', cause: notice, ...position() } });
    void channel.flushed().then(() => process.exit(0));
  }, PACE);
}
