/** `sweep.json`, cached: it is written once. */
import { readFile } from 'node:fs/promises';
import { sweepLayout } from '../activities/layout.ts';
import type { ResolvedSweep, SamplerOptions } from '../activities/sweep-config/resolved-sweep.ts';
import type { Identity } from '../workflows/messages.ts';

const MOST = 100;
const known = new Map<string, ResolvedSweep>();

/** @throws the file system's error when the sweep's directory has vanished. */
export async function readResolved(root: string, identity: Identity): Promise<ResolvedSweep> {
  const key = JSON.stringify([root, identity]);
  const cached = known.get(key);
  if (cached !== undefined) return cached;
  const text = await readFile(sweepLayout(root, identity.sweepId).resolved, 'utf8');
  const sweep = parseResolved(text);
  if (known.size >= MOST) known.clear();
  known.set(key, sweep);
  return sweep;
}

/** The content of `sweep.json`: one that an earlier release has written lacks what came later. */
export function parseResolved(text: string): ResolvedSweep {
  const { temporal, ...rest } = JSON.parse(text) as ResolvedSweep;
  const added = { metrics: [], earlyTerminate: null, conditions: {} };
  return {
    ...added,
    ...rest,
    temporal: { ...temporal, sampler: (temporal.sampler as SamplerOptions | undefined) ?? { name: 'auto' } },
  };
}
