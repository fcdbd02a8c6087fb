/**
 * TFRecord, the frame of every event: u64 length, masked crc of the length, data, masked crc of the data, all
 * little-endian. Pure: bytes to bytes.
 */
import { maskedCrc32c } from './crc32c.ts';

const HEADER = 12;
const FOOTER = 4;

export function frame(data: Uint8Array): Buffer {
  const record = Buffer.alloc(HEADER + data.byteLength + FOOTER);
  record.writeBigUInt64LE(BigInt(data.byteLength));
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  record.set(data, HEADER);
  record.writeUInt32LE(maskedCrc32c(data), HEADER + data.byteLength);
  return record;
}

/** @returns the data of the whole, intact records at the beginning of the file: what a crash tore is not among them. */
export function readRecords(file: Buffer): Buffer[] {
  const records: Buffer[] = [];
  let at = 0;
  while (at + HEADER <= file.byteLength) {
    if (file.readUInt32LE(at + 8) !== maskedCrc32c(file.subarray(at, at + 8))) break;
    const length = Number(file.readBigUInt64LE(at));
    const end = at + HEADER + length;
    if (end + FOOTER > file.byteLength) break;
    const data = file.subarray(at + HEADER, end);
    if (file.readUInt32LE(end) !== maskedCrc32c(data)) break;
    records.push(data);
    at = end + FOOTER;
  }
  return records;
}
