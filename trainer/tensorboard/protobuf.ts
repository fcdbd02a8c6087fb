/** The four kinds of protobuf fields that events are made of. A message is the concatenation of its fields. Pure. */

/** @param value a whole number from 0 on */
export const varint = (field: number, value: number): Buffer => Buffer.concat([key(field, 0), digits(value)]);

export function double(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(field, 1), bytes]);
}

/** Rounds to single precision. */
export function float(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, 5), bytes]);
}

/** A string, or a message inside a message: its fields one after the other. */
export function nested(field: number, ...content: readonly (string | Uint8Array)[]): Buffer {
  const bytes = Buffer.concat(content.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return Buffer.concat([key(field, 2), digits(bytes.byteLength), bytes]);
}

// --- internal ---

const key = (field: number, wireType: number): Buffer => digits(field * 8 + wireType);

/** Groups of seven bits, the lowest first. By division: a step may exceed 32 bits. */
function digits(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}
