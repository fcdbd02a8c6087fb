/** A script's own text: its file, and those that it imports by relative paths, from one to the next. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface SourceFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/** No script has so many of its own. */
const MOST = 1_000;
/** Ours, which a script in this very repository imports by a relative path. */
const TRAINER = fileURLToPath(new URL('./', import.meta.url));

/** @param program absolute. @returns the script first; what cannot be read is left out. */
export function sourcesOf(program: string, most = MOST): SourceFile[] {
  const known = new Set<string>();
  const waiting = [program];
  const found: SourceFile[] = [];
  while (waiting.length > 0 && found.length < most) {
    const path = waiting.shift()!;
    if (known.has(path) || path.startsWith(TRAINER)) continue;
    known.add(path);
    const text = read(path);
    if (text === null) continue;
    found.push({ path, text });
    for (const address of relativeImports(text)) waiting.push(...candidates(resolve(dirname(path), address)));
  }
  return found;
}

/** P5: another one when any of the sources is another, wherever they lie. @returns 16 hexadecimal digits; `none`. */
export function digestOf(sources: readonly SourceFile[]): string {
  const [program] = sources;
  if (program === undefined) return 'none';
  const hash = createHash('sha256').update(program.text);
  for (const { path, text } of sources.slice(1))
    hash.update(`\0${relative(dirname(program.path), path)}\0${text.length}\0${text}`);
  return hash.digest('hex').slice(0, 16);
}

/** Files that a script imports by a relative path: `./data.ts`. */
export function relativeImports(source: string): string[] {
  const found = withoutComments(source).matchAll(/\b(?:from|import|require)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g);
  return [...new Set([...found].map((match) => match[1]!))];
}

/** Lines stay where they are; a `//` behind a colon is part of an address. */
export const withoutComments = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, '')).replace(/(^|[^:])\/\/.*$/gm, '$1');

// --- internal ---

/** `./data.js` may stand for `./data.ts`, `./data` for either, or for a folder. Those that do not exist are passed over. */
const candidates = (path: string): string[] => [
  ...[path, path.replace(/js$/, 'ts'), `${path}.ts`, `${path}.js`],
  ...[join(path, 'index.ts'), join(path, 'index.js')],
];

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
