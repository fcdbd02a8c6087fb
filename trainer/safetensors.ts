/**
 * The safetensors format: u64 length of the header, header as JSON padded with spaces to 8 bytes, raw little-endian
 * data. Written without gaps, as Python's `safetensors` wants it; read with gaps, too. Pure: bytes to bytes.
 */
export type DType = 'F32' | 'I32' | 'U8' | 'BOOL';

export interface StoredTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** A view: after decoding, of the file's own bytes. While encoding it is read once, so a getter may fetch it then. */
  readonly data: Uint8Array;
  /** The same bytes piece by piece, each to be fetched in little time. Default: `data` as one. */
  readonly pieces?: () => Iterable<Uint8Array>;
}

export interface SafeTensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const METADATA = '__metadata__';
const HEADER_LIMIT = 100_000_000;
const BYTES: Readonly<Record<DType, number>> = { F32: 4, I32: 4, U8: 1, BOOL: 1 };

/** Memory for a file of so many bytes. */
export type Allocate = (bytes: number) => Buffer;

/** A file under way: each turn copies a little; the last one gives the whole. */
export type Copying = Generator<void, Buffer>;

/**
 * Copies every tensor once, into one piece of memory; nothing of it is shared with the tensors.
 * @param allocate default: fresh memory.
 * @throws TypeError when a tensor's bytes are not what its shape wants.
 */
export function encodeSafeTensors(file: SafeTensors, allocate?: Allocate): Buffer {
  return wholeOf(encodeInPieces(file, allocate));
}

export function wholeOf(copying: Copying): Buffer {
  for (;;) {
    const { done, value } = copying.next();
    if (done === true) return value;
  }
}

/** As {@link encodeSafeTensors}, but one piece of a tensor in a turn. */
export function* encodeInPieces(
  { tensors, metadata }: SafeTensors,
  allocate: Allocate = (bytes) => Buffer.allocUnsafe(bytes),
): Copying {
  const header: Record<string, unknown> = { [METADATA]: metadata };
  let end = 0;
  for (const [name, { dtype, shape }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, (end += sizeOf(dtype, shape))] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const start = 8 + Math.ceil(text.byteLength / 8) * 8;
  const file = allocate(start + end);
  file.writeBigUInt64LE(BigInt(start - 8));
  file.fill(0x20, 8 + text.copy(file, 8), start);
  let offset = start;
  for (const [name, tensor] of tensors) {
    const wanted = sizeOf(tensor.dtype, tensor.shape);
    let copied = 0;
    for (const piece of tensor.pieces?.() ?? [tensor.data]) {
      if (copied + piece.byteLength <= wanted) file.set(piece, offset + copied);
      copied += piece.byteLength;
      yield;
    }
    if (copied !== wanted) throw new TypeError(`tensor "${name}" has ${copied} bytes, its shape wants ${wanted}`);
    offset += wanted;
  }
  return file;
}

/** @throws TypeError that says what is wrong: never a view outside the file, an unknown dtype or an overlap. */
export function decodeSafeTensors(file: Uint8Array): SafeTensors {
  const { header, start } = readHeader(file);
  const metadata: Record<string, string> = {};
  const ranges: { name: string; begin: number; end: number; dtype: DType; shape: number[] }[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA) Object.assign(metadata, parseMetadata(value));
    else ranges.push({ name, ...parseTensor(name, value) });
  }
  // Empty tensors first where they share an offset with their neighbour.
  ranges.sort((left, right) => left.begin - right.begin || left.end - right.end);
  let used = 0;
  for (const { name, begin, end } of ranges) {
    if (begin < used)
      throw invalid(`tensor "${name}" begins at ${begin}, within the one before, which ends at ${used}`);
    used = end;
  }
  if (start + used !== file.byteLength) {
    throw invalid(`${file.byteLength} bytes, but the header describes ${start + used}`);
  }
  const tensors = new Map<string, StoredTensor>();
  for (const { name, begin, end, dtype, shape } of ranges) {
    tensors.set(name, { dtype, shape, data: file.subarray(start + begin, start + end) });
  }
  return { tensors, metadata };
}

/** @param beginning of the file, at least to the end of its header. @throws TypeError as {@link decodeSafeTensors} */
export const decodeMetadata = (beginning: Uint8Array): SafeTensors['metadata'] =>
  parseMetadata(readHeader(beginning).header[METADATA] ?? {});

// --- internal ---

const invalid = (what: string): TypeError => new TypeError(`not a safetensors file: ${what}`);

function readHeader(file: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (file.byteLength < 8) throw invalid(`only ${file.byteLength} bytes`);
  const length = new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(Math.min(HEADER_LIMIT, file.byteLength - 8))) throw invalid(`a header of ${length} bytes`);
  const start = 8 + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(8, start)));
  } catch (error) {
    throw new TypeError(`not a safetensors file: the header is no JSON`, { cause: error });
  }
  if (!isObject(header)) throw invalid('the header is no object');
  return { header, start };
}

function parseMetadata(value: unknown): Record<string, string> {
  if (!isObject(value)) throw invalid(`${METADATA} is no object`);
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry !== 'string') throw invalid(`${METADATA}.${key} is no string`);
  }
  return value as Record<string, string>;
}

function parseTensor(name: string, value: unknown): { begin: number; end: number; dtype: DType; shape: number[] } {
  if (!isObject(value)) throw invalid(`tensor "${name}" is no object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(BYTES, dtype)) {
    throw invalid(`tensor "${name}" has dtype ${JSON.stringify(dtype)}; known are ${Object.keys(BYTES).join(', ')}`);
  }
  if (!isSizes(shape)) throw invalid(`tensor "${name}" has shape ${JSON.stringify(shape)}`);
  if (!isSizes(offsets) || offsets.length !== 2)
    throw invalid(`tensor "${name}" has offsets ${JSON.stringify(offsets)}`);
  const [begin, end] = offsets as [number, number];
  const bytes = sizeOf(dtype as DType, shape);
  if (end - begin !== bytes) throw invalid(`tensor "${name}" has ${end - begin} bytes, its shape wants ${bytes}`);
  return { begin, end, dtype: dtype as DType, shape };
}

const sizeOf = (dtype: DType, shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, BYTES[dtype]);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
