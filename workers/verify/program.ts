/** The script's text, and that of the files it imports by a relative path, searched for suspects. */
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findSuspects, relativeImports, type Suspect } from './suspects.ts';

/** Enough for a script with helpers; a whole code base would tell nothing. */
const FILES = 50;
/** Ours, which a script in this very repository imports by a relative path. */
const TRAINER = fileURLToPath(new URL('../../trainer/', import.meta.url));

/** @param program absolute. @returns suspects with paths relative to `directory`. */
export function searchProgram(program: string, directory: string): Suspect[] {
  const seen = new Set<string>();
  const waiting = [program];
  const suspects: Suspect[] = [];
  while (waiting.length > 0 && seen.size < FILES) {
    const file = waiting.shift()!;
    if (seen.has(file) || file.startsWith(TRAINER)) continue;
    const source = read(file);
    if (source === null) continue;
    seen.add(file);
    suspects.push(...findSuspects(relative(directory, file), source));
    for (const address of relativeImports(source)) waiting.push(...candidates(resolve(dirname(file), address)));
  }
  return suspects;
}

// --- internal ---

/** `./data.js` may stand for `./data.ts`, `./data` for either. Those that do not exist are passed over. */
const candidates = (path: string): string[] => [path, path.replace(/js$/, 'ts'), `${path}.ts`, `${path}.js`];

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
