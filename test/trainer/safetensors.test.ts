import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSafeTensors, encodeSafeTensors, type StoredTensor } from '../../trainer/safetensors.ts';

const name = fc.string({ minLength: 1 }).filter((text) => text !== '__metadata__' && text !== '__proto__');
const tensor: fc.Arbitrary<StoredTensor> = fc
  .record({ dtype: fc.constantFrom('F32', 'I32', 'U8', 'BOOL'), shape: fc.array(fc.nat(4), { maxLength: 3 }) })
  .chain(({ dtype, shape }) => {
    const length = shape.reduce((a, b) => a * b, dtype === 'F32' || dtype === 'I32' ? 4 : 1);
    return fc.uint8Array({ minLength: length, maxLength: length }).map((data) => ({ dtype, shape, data }));
  });
const content = fc.record({
  tensors: fc.dictionary(name, tensor, { noNullPrototype: true }).map((tensors) => new Map(Object.entries(tensors))),
  metadata: fc.dictionary(name, fc.string(), { noNullPrototype: true }),
});

/** A file with the given header text. */
function withHeader(header: string, data = new Uint8Array()): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), data]);
}

describe('safetensors', () => {
  it('decoding gives back what was encoded', () => {
    fc.assert(
      fc.property(content, ({ tensors, metadata }) => {
        const file = encodeSafeTensors({ tensors, metadata });
        const back = decodeSafeTensors(file);
        expect(back.metadata).toEqual(metadata);
        expect([...back.tensors.keys()].toSorted()).toEqual([...tensors.keys()].toSorted());
        for (const [key, { dtype, shape, data }] of tensors) {
          const found = back.tensors.get(key)!;
          expect([found.dtype, found.shape]).toEqual([dtype, shape]);
          expect(Buffer.from(found.data).equals(Buffer.from(data))).toBe(true);
        }
      }),
    );
  });

  it('the header begins with its length and is padded to 8 bytes', () => {
    const file = encodeSafeTensors({
      tensors: new Map([['w', { dtype: 'F32', shape: [1], data: new Uint8Array([0, 0, 128, 63]) }]]),
      metadata: { step: '3' },
    });
    const length = Number(file.readBigUInt64LE());
    expect(length % 8).toBe(0);
    expect(JSON.parse(file.toString('utf8', 8, 8 + length))).toEqual({
      __metadata__: { step: '3' },
      w: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
    });
    expect(file.readFloatLE(8 + length)).toBe(1);
  });

  it('a gap between tensors is no flaw', () => {
    const header =
      '{"v":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"w":{"dtype":"U8","shape":[2],"data_offsets":[5,7]}}';
    const { tensors } = decodeSafeTensors(withHeader(header, Uint8Array.from([0, 1, 2, 3, 4, 5, 6])));
    expect([...tensors].map(([key, { data }]) => [key, [...data]])).toEqual([
      ['v', [1]],
      ['w', [5, 6]],
    ]);
  });

  it('a header of more than 100 MB is refused by its length alone', () => {
    const file = Buffer.alloc(16);
    file.writeBigUInt64LE(100_000_001n);
    const long = Object.defineProperty(new Uint8Array(file), 'byteLength', { value: 2 ** 31 });
    expect(() => decodeSafeTensors(long)).toThrow(/a header of 100000001 bytes/);
  });

  it('encoding copies: the file shares no memory with its tensors, and reads each of them once', () => {
    const source = new Uint8Array([1, 2, 3, 4]);
    let reads = 0;
    const lazy: StoredTensor = {
      dtype: 'F32',
      shape: [1],
      get data() {
        reads += 1;
        return source;
      },
    };
    const memory = Buffer.alloc(500, 0xff);
    const file = encodeSafeTensors({ tensors: new Map([['w', lazy]]), metadata: {} }, (bytes) =>
      memory.subarray(0, bytes),
    );
    source.fill(9);
    expect(reads).toBe(1);
    expect(file.buffer).toBe(memory.buffer);
    expect([...decodeSafeTensors(file).tensors.get('w')!.data]).toEqual([1, 2, 3, 4]);
  });

  it('a tensor whose bytes are not what its shape wants is not written', () => {
    const wrong: StoredTensor = { dtype: 'F32', shape: [2], data: new Uint8Array(4) };
    expect(() => encodeSafeTensors({ tensors: new Map([['w', wrong]]), metadata: {} })).toThrow(
      'tensor "w" has 4 bytes, its shape wants 8',
    );
  });

  it('a file cut short or lengthened anywhere is refused', () => {
    fc.assert(
      fc.property(content, fc.nat(), fc.boolean(), (given, where, isCut) => {
        const file = encodeSafeTensors(given);
        const wrong = isCut
          ? file.subarray(0, where % file.byteLength)
          : Buffer.concat([file, Buffer.alloc(1 + (where % 9))]);
        expect(() => decodeSafeTensors(wrong)).toThrow(/not a safetensors file/);
      }),
    );
  });

  it('any bytes at all are refused with a TypeError or decoded, never read outside', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeSafeTensors(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
      }),
    );
  });

  it.each([
    ['an unknown dtype', '{"w":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}', 8, /dtype "F64"/],
    ['a range behind the end', '{"w":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}', 2, /but the header describes/],
    [
      'an overlap',
      '{"v":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"w":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
      3,
      /begins at 1, within the one before, which ends at 2/,
    ],
    ['a wrong size', '{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 4, /its shape wants 8/],
    ['a negative offset', '{"w":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}', 0, /offsets \[-1,0\]/],
    ['metadata that is no text', '{"__metadata__":{"step":1}}', 0, /__metadata__\.step is no string/],
    ['a header that is a list', '[]', 0, /no object/],
  ])('refuses %s', (_, header, bytes, message) => {
    expect(() => decodeSafeTensors(withHeader(header, new Uint8Array(bytes)))).toThrow(message);
  });
});
