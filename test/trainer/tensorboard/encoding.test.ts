/** Bytes to bytes: checksums, frames, and messages as protobuf's own library reads them. */
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { crc32c, maskedCrc32c } from '../../../trainer/tensorboard/crc32c.ts';
import { atTime, FILE_VERSION, scalars, sessionStart, withoutTime } from '../../../trainer/tensorboard/events.ts';
import { frame, readRecords } from '../../../trainer/tensorboard/records.ts';

describe('crc32c', () => {
  // The first is the usual check value, the others stand in RFC 3720, B.4.
  it.each([
    [Buffer.from('123456789'), 0xe3069283],
    [Buffer.alloc(32), 0x8a9136aa],
    [Buffer.alloc(32, 0xff), 0x62a8ab43],
    [Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
  ])('%j', (bytes, expected) => expect(crc32c(bytes)).toBe(expected));

  it('is masked by a rotation and a constant', () => {
    expect(maskedCrc32c(Buffer.from('123456789'))).toBe(
      (((0xe3069283 >>> 15) | (0xe3069283 << 17)) + 0xa282ead8) >>> 0,
    );
  });
});

describe('records', () => {
  const contents = fc.array(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    { maxLength: 6 },
  );

  it('a file cut anywhere holds exactly the records that were whole', () =>
    fc.assert(
      fc.property(contents, fc.nat(), (records, at) => {
        const frames = records.map(frame);
        const file = Buffer.concat(frames);
        const cut = file.byteLength === 0 ? 0 : at % (file.byteLength + 1);
        let end = 0;
        const whole = frames.filter((one) => (end += one.byteLength) <= cut).length;
        expect(readRecords(file.subarray(0, cut))).toEqual(records.slice(0, whole));
      }),
    ));

  it('a changed byte ends what is read before its record', () =>
    fc.assert(
      fc.property(
        contents.filter((records) => records.length > 0),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (records, at, by) => {
          const file = Buffer.concat(records.map(frame));
          const place = at % file.byteLength;
          file[place]! ^= by;
          let end = 0;
          const before = records.filter((one) => (end += one.byteLength + 16) <= place).length;
          expect(readRecords(file)).toEqual(records.slice(0, before));
        },
      ),
    ));
});

describe('events', () => {
  const { root } = protobuf.parse(`
    syntax = "proto3";
    message Event { double wall_time = 1; int64 step = 2; oneof what { string file_version = 3; Summary summary = 5; } }
    message Summary { repeated Value value = 1;
      message Value { string tag = 1; oneof value { float simple_value = 2; Tensor tensor = 8; } Metadata metadata = 9; } }
    message Tensor { int32 dtype = 1; Shape tensor_shape = 2; }
    message Shape { repeated Dim dim = 2; message Dim { int64 size = 1; } }
    message Metadata { PluginData plugin_data = 1; message PluginData { string plugin_name = 1; bytes content = 2; } }
    message HParams { int32 version = 1; Session session_start_info = 3; }
    message Session { map<string, Any> hparams = 1; }
    message Any { oneof kind { double number_value = 2; string string_value = 3; bool bool_value = 4; } }
  `);
  const decode = (type: string, bytes: Uint8Array): Record<string, unknown> => {
    const found = root.lookupType(type);
    return found.toObject(found.decode(bytes), { longs: Number, defaults: true });
  };

  it('scalars of any step and value', () =>
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.double({ noDefaultInfinity: false }),
        fc.array(fc.tuple(fc.string(), fc.double()), { maxLength: 5 }),
        (step, seconds, values) => {
          const event = atTime(seconds, scalars(step, values));
          expect(decode('Event', event)).toMatchObject({
            wallTime: seconds,
            step,
            summary: { value: values.map(([tag, value]) => ({ tag, simpleValue: Math.fround(value) })) },
          });
          expect(withoutTime(event)).toEqual(scalars(step, values));
        },
      ),
    ));

  it('the version of the file', () => {
    expect(decode('Event', FILE_VERSION)).toMatchObject({ fileVersion: 'brain.Event:2' });
  });

  it('the hyperparameters of a session', () => {
    const event = decode(
      'Event',
      sessionStart({ rate: 0.5, name: 'a', on: true, off: false, none: null, list: [1, 2], deep: { er: 3 } }),
    );
    const [value] = (event['summary'] as { value: Record<string, unknown>[] }).value;
    expect(value).toMatchObject({
      tag: '_hparams_/session_start_info',
      tensor: { dtype: 1, tensorShape: { dim: [{ size: 0 }] } },
      metadata: { pluginData: { pluginName: 'hparams' } },
    });
    const { content } = (value!['metadata'] as { pluginData: { content: Buffer } }).pluginData;
    expect(decode('HParams', content)).toEqual({
      version: 0,
      sessionStartInfo: {
        hparams: {
          rate: { numberValue: 0.5 },
          name: { stringValue: 'a' },
          on: { boolValue: true },
          off: { boolValue: false },
          list: { stringValue: '[1,2]' },
          'deep.er': { numberValue: 3 },
        },
      },
    });
  });
});
