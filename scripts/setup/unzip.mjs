/**
 * Takes single entries out of a zip file (a Python wheel is one), as streams, with their CRC checked.
 * No zip64: a wheel is far below 4 GB and 65,535 entries.
 */
import { createReadStream, createWriteStream, mkdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

/** The central directory as a map from name to `{ method, crc, packed, size, offset }`. */
export async function readDirectory(file) {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, 65_557));
    await handle.read(tail, 0, tail.length, size - tail.length);
    let at = tail.length - 22;
    while (at >= 0 && tail.readUInt32LE(at) !== END) at--;
    if (at < 0) throw new Error(`${file} is not a whole zip file: its end is missing`);
    const directory = Buffer.alloc(tail.readUInt32LE(at + 12));
    await handle.read(directory, 0, directory.length, tail.readUInt32LE(at + 16));
    return parseDirectory(directory);
  } finally {
    await handle.close();
  }
}

function parseDirectory(directory) {
  const entries = new Map();
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === CENTRAL;) {
    const nameLength = directory.readUInt16LE(at + 28);
    entries.set(directory.toString('utf8', at + 46, at + 46 + nameLength), {
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      packed: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** Writes one entry to `target` (through `target`.tmp and a rename); throws when it is absent or damaged. */
export async function extract(file, entries, name, target, mode = 0o644) {
  const entry = entries.get(name);
  if (!entry) throw new Error(`${file} holds no ${name}`);
  if (entry.method !== 0 && entry.method !== 8)
    throw new Error(`${name} in ${file} is packed by method ${entry.method}`);
  mkdirSync(dirname(target), { recursive: true });
  const start = await dataOffset(file, entry, name);
  const temporary = `${target}.tmp`;
  const check = checker();
  const source =
    entry.packed > 0 ? createReadStream(file, { start, end: start + entry.packed - 1, highWaterMark: 1 << 20 }) : [];
  const unpack = entry.method === 8 ? [zlib.createInflateRaw({ chunkSize: 1 << 20 })] : [];
  try {
    await pipeline([source, ...unpack, check.stream, createWriteStream(temporary, { mode })]);
    const damage = check.damage(entry);
    if (damage) throw new Error(`${name} in ${file} is damaged: ${damage}`);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  renameSync(temporary, target);
}

/** The local header repeats name and extra field, the latter with a length of its own. */
async function dataOffset(file, entry, name) {
  const handle = await open(file);
  try {
    const header = Buffer.alloc(30);
    await handle.read(header, 0, 30, entry.offset);
    if (header.readUInt32LE(0) !== LOCAL) throw new Error(`${file} is damaged at ${name}`);
    return entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  } finally {
    await handle.close();
  }
}

function checker() {
  // zlib.crc32 came with Node 20.15; sizes alone are compared without it.
  const crc32 = zlib.crc32;
  let crc = 0;
  let size = 0;
  const stream = new Transform({
    transform(chunk, _encoding, done) {
      size += chunk.length;
      if (crc32) crc = crc32(chunk, crc);
      done(null, chunk);
    },
  });
  const damage = (entry) => {
    if (size !== entry.size) return `${size} bytes instead of ${entry.size}`;
    return crc32 && crc !== entry.crc ? 'its checksum differs' : null;
  };
  return { stream, damage };
}
