/** Reads a part of `trials.jsonl`, a few megabytes at a time: what has been recorded since somebody looked last. */
import { open } from 'node:fs/promises';
import type { TrialEnded } from '../../workflows/messages.ts';
import { parseTrial } from './read-trials.ts';

const CHUNK = 4 * 1024 * 1024;

/**
 * @param from @param to byte offsets at which lines end; nothing beyond `to` is looked at.
 * @throws Error if the file is shorter than `to`, or naming the line that is no trial.
 */
export async function* trialsBetween(file: string, from: number, to: number): AsyncGenerator<TrialEnded> {
  if (from === to) return;
  const handle = await open(file);
  try {
    let rest: Buffer = Buffer.alloc(0);
    for (let at = from; at < to;) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(CHUNK, to - at)), { position: at });
      if (bytesRead === 0) throw new Error(`${file} has ${at} bytes, but ${to} were recorded: it was cut or replaced`);
      const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      const end = bytes.lastIndexOf(0x0a) + 1;
      const where = `${file}, before byte ${at + bytesRead}`;
      for (const line of bytes.subarray(0, end).toString('utf8').split('\n')) {
        if (line !== '') yield parseTrial(line, where);
      }
      rest = bytes.subarray(end);
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}
