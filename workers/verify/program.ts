/** The script's text, and that of the files it imports by a relative path, searched for suspects. */
import { relative } from 'node:path';
import { sourcesOf } from '../../trainer/sources.ts';
import { findSuspects, type Suspect } from './suspects.ts';

/** Enough for a script with helpers; a whole code base would tell nothing. */
const FILES = 50;

/** @param program absolute. @returns suspects with paths relative to `directory`. */
export const searchProgram = (program: string, directory: string): Suspect[] =>
  sourcesOf(program, FILES).flatMap(({ path, text }) => findSuspects(relative(directory, path), text));
