/** Whatever happens to the bytes of a checkpoint or of its list: no crash, and never other tensors than were saved. */
import { readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openCheckpointWriter } from '../../trainer/checkpoint-writer.ts';
import { findResumePoint } from '../../trainer/restore.ts';
import { decodeSafeTensors } from '../../trainer/safetensors.ts';
import { checkpointOf, stepOf } from './support/checkpoints.ts';
import { createSegments } from './support/segments.ts';

const NUMBERS = ['0', '1', '-1', '8', '4000', '1e3', '1e400', '9007199254740993', 'null', '"4"', '[]'];

/** A number of the text becomes another, a byte is set, a piece is cut out or doubled, the length of the header changes. */
const mutation: fc.Arbitrary<(bytes: Buffer) => Buffer> = fc.oneof(
  fc.tuple(fc.nat(200), fc.constantFrom(...NUMBERS)).map(([at, number]) => (bytes: Buffer) => {
    const text = bytes.toString('latin1');
    const numbers = [...text.slice(0, 2000).matchAll(/\d+/g)];
    const chosen = numbers[at % Math.max(1, numbers.length)];
    if (chosen === undefined) return bytes;
    const rest = text.slice(chosen.index + chosen[0].length);
    return Buffer.from(`${text.slice(0, chosen.index)}${number}${rest}`, 'latin1');
  }),
  fc.tuple(fc.nat(), fc.nat(255)).map(([at, value]) => (bytes: Buffer) => {
    const changed = Buffer.from(bytes);
    if (changed.byteLength > 0) changed[at % changed.byteLength] = value;
    return changed;
  }),
  fc.tuple(fc.nat(), fc.nat(64), fc.boolean()).map(([at, length, isCut]) => (bytes: Buffer) => {
    const from = at % (bytes.byteLength + 1);
    const piece = bytes.subarray(from, from + length);
    return Buffer.concat([bytes.subarray(0, from), ...(isCut ? [] : [piece, piece]), bytes.subarray(from + length)]);
  }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((length) => (bytes: Buffer) => {
    const changed = Buffer.from(bytes);
    if (changed.byteLength >= 8) changed.writeBigUInt64LE(length);
    return changed;
  }),
);
const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 });
const applied = (bytes: Buffer, all: readonly ((bytes: Buffer) => Buffer)[]): Buffer =>
  all.reduce((changed, mutate) => mutate(changed), bytes);

it('property: a mutated file is refused with a TypeError, or its tensors lie within it and fit their shapes', () => {
  const whole = checkpointOf(4, undefined, 20);
  fc.assert(
    fc.property(mutations, (all) => {
      const file = applied(whole, all);
      try {
        for (const { data, shape, dtype } of decodeSafeTensors(file).tensors.values()) {
          expect(data.buffer).toBe(file.buffer);
          expect(data.byteLength).toBe(shape.reduce((a, b) => a * b, dtype === 'F32' || dtype === 'I32' ? 4 : 1));
        }
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
      }
    }),
    { numRuns: 500 },
  );
});

it('property: of mutated files and lists an intact one is found, or none, and what was passed over is told', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ newest: fc.option(mutations), former: fc.option(mutations), list: fc.option(mutations) }),
      async ({ newest, former, list }) => {
        const segments = createSegments();
        const directory = join(segments, '1');
        mkdirSync(directory);
        const writer = openCheckpointWriter(directory);
        const entries = [4, 8].map((step) =>
          writer.save(checkpointOf(step, undefined, 20), {
            at: { step, epoch: 0, batch: step, reason: 'interval' },
            best: false,
            rows: [],
          }),
        );
        const harm = (name: string, all: typeof list): boolean => {
          const path = join(directory, 'checkpoints', name);
          const before = readFileSync(path);
          const after = applied(before, all ?? []);
          writeFileSync(path, after);
          return !after.equals(before);
        };
        const harmed = [harm(entries[1]!.file, newest), harm(entries[0]!.file, former), harm('latest.json', list)];
        const { point, warnings } = await findResumePoint(segments, 1);
        if (point !== null) {
          const step = stepOf(point.file);
          expect(harmed[step === 8 ? 0 : 1]).toBe(false);
        }
        if (harmed[2] === false) {
          expect(point?.step).toBe(harmed[0] === false ? 8 : harmed[1] === false ? 4 : undefined);
          expect(warnings).toHaveLength(harmed[0] === false ? 0 : harmed[1] === false ? 1 : 2);
        }
        rmSync(segments, { recursive: true, force: true });
      },
    ),
    { numRuns: 100 },
  );
});
