/** One squeue of many jobs: the product's parser beside the least that could be done with the same records. */
import { parseSqueue } from '../../activities/scheduler/slurm/parse.ts';
import { spread } from '../support/statistics.ts';
import { squeueLine } from './fake-commands.ts';

export interface Reading {
  readonly name: string;
  readonly megabytes: number;
  readonly milliseconds: number;
  readonly most: number;
}

const ROUNDS = 25;

export async function measureSnapshot(count: number): Promise<Reading[]> {
  const state = (id: number): string => (id % 3 === 0 ? 'PENDING' : 'RUNNING');
  const lines = Array.from({ length: count }, (_, id) => squeueLine(id + 1, `lr/${id + 1}.1@0123456789ab`, state(id)));
  const text = Buffer.from(lines.join(''));
  const json = Buffer.from(JSON.stringify(parseSqueue(text.toString())));
  const reading = (name: string, source: Buffer, read: () => unknown[]): Reading => {
    const times = Array.from({ length: ROUNDS }, () => {
      const began = performance.now();
      if (read().length !== count) throw new Error(`${name} did not read ${count} records`);
      return performance.now() - began;
    });
    const { median, most } = spread(times)!;
    return { name, megabytes: source.length / 1e6, milliseconds: median, most };
  };
  return [
    reading('floor: JSON.parse of the same records', json, () => JSON.parse(json.toString()) as unknown[]),
    reading('squeue, parsed', text, () => parseSqueue(text.toString())),
  ];
}
