/** Reads `trials.jsonl`: the prefix that a sweep's state holds, or all of it. */
import { readFile } from 'node:fs/promises';
import type { TrialEnded } from '../../workflows/messages.ts';

/**
 * @param offset bytes to read; without it, the whole file without a torn last line. A file that is missing is empty.
 * @throws Error if the file is shorter than `offset`, or naming the line that is no trial.
 */
export async function readTrials(file: string, offset?: number): Promise<TrialEnded[]> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  if (offset !== undefined && bytes.length < offset) {
    throw new Error(`${file} has ${bytes.length} bytes, but ${offset} were recorded: it was cut or replaced`);
  }
  const text = bytes.subarray(0, offset ?? bytes.lastIndexOf(0x0a) + 1).toString('utf8');
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, index) => parseTrial(line, `${file}:${index + 1}`));
}

/** @param where names the line in the error. */
export function parseTrial(line: string, where: string): TrialEnded {
  try {
    const trial: unknown = JSON.parse(line);
    if (typeof trial === 'object' && trial !== null && 'number' in trial && 'hyperparameters' in trial) {
      return trial as TrialEnded;
    }
  } catch {
    // Told below.
  }
  throw new Error(`${where} is no line of trials.jsonl: ${line.slice(0, 80)}`);
}
