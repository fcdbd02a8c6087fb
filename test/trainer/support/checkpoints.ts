/** Checkpoints whose bytes tell their step, for what needs no model. */
import { readFileSync } from 'node:fs';
import type { Row } from '../../../trainer/protocol.ts';
import { type Allocate, decodeSafeTensors, encodeSafeTensors } from '../../../trainer/safetensors.ts';

const VALUES = 1000;

/** Longer than a page, so that a full disk refuses it. */
export const rowAt = (step: number): Row => ({ step, epoch: 1, metrics: { loss: step, ['long '.repeat(1000)]: 0 } });

export function checkpointOf(step: number, allocate?: Allocate, values = VALUES): Buffer {
  const data = new Uint8Array(Float32Array.from({ length: values }, (_, index) => step + index).buffer);
  const tensors = new Map([['w', { dtype: 'F32' as const, shape: [values], data }]]);
  return encodeSafeTensors({ tensors, metadata: { step: String(step) } }, allocate);
}

/** The step that the file is of. @throws when a single byte differs. */
export function stepOf(file: string): number {
  const bytes = readFileSync(file);
  const { tensors, metadata } = decodeSafeTensors(bytes);
  const step = Number(metadata['step']);
  const values = (tensors.get('w')?.data.byteLength ?? 0) / 4;
  if (!bytes.equals(checkpointOf(step, undefined, values))) throw new Error(`${file} has wrong bytes`);
  return step;
}
