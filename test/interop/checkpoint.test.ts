/** Python's safetensors reads our checkpoints. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decodeSafeTensors,
  encodeSafeTensors,
  type SafeTensors,
  type StoredTensor,
} from '../../trainer/safetensors.ts';
import { createTrial, finalCheckpoint, runSegment } from '../trainer/support/fake-agent.ts';
import { hasPython, python } from './support/python.ts';

const DTYPES = { F32: 'float32', I32: 'int32', U8: 'uint8', BOOL: 'bool' };

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'interop-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** In Python's words. */
const expected = ({ tensors, metadata }: SafeTensors) => ({
  metadata,
  tensors: Object.fromEntries(
    [...tensors].map(([name, { dtype, shape, data }]) => [
      name,
      { dtype: DTYPES[dtype], shape, bytes: Buffer.from(data).toString('hex') },
    ]),
  ),
});

const bytesOf = (values: Float32Array | Int32Array): Uint8Array => new Uint8Array(values.buffer);

describe.runIf(hasPython)("Python's safetensors", () => {
  it('reads every dtype, scalars, empty tensors, names of any script', async () => {
    const tensors = new Map<string, StoredTensor>([
      ['floats', { dtype: 'F32', shape: [2, 2], data: bytesOf(Float32Array.of(-0, Number.NaN, Infinity, 1e-40)) }],
      ['integers', { dtype: 'I32', shape: [3, 1], data: bytesOf(Int32Array.of(-1, 0, 2 ** 31 - 1)) }],
      ['bytes', { dtype: 'U8', shape: [3], data: Uint8Array.of(0, 7, 255) }],
      ['flags', { dtype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) }],
      ['scalar', { dtype: 'F32', shape: [], data: bytesOf(Float32Array.of(0.1)) }],
      ['empty', { dtype: 'F32', shape: [0, 3], data: new Uint8Array() }],
      ['größe/重み', { dtype: 'U8', shape: [1], data: Uint8Array.of(1) }],
    ]);
    const content = { tensors, metadata: { format: 'temporal-sweep', state: '{"größe":"NaN"}' } };
    const path = join(directory, 'all.safetensors');
    writeFileSync(path, encodeSafeTensors(content));
    expect(await python('read_checkpoint.py', path)).toEqual(expected(content));
  });

  it("reads a trial's checkpoint", async () => {
    const trial = createTrial({ optimizer: 'adam', epochs: 1 });
    const { outcome, output } = await runSegment(trial, null);
    expect(outcome, output).toMatchObject({ status: 'completed' });
    const path = join(directory, 'trial.safetensors');
    const file = await finalCheckpoint(trial);
    writeFileSync(path, file);
    const content = decodeSafeTensors(file);
    expect(content.tensors.size).toBeGreaterThan(8);
    expect(await python('read_checkpoint.py', path)).toEqual(expected(content));
  });
});
