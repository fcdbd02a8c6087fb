/** The keys `program` and `command`, and every other file that sweep.yaml names. */
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DEFAULT_COMMAND, interpreterOf, isKnownItem, MACRO_NAMES } from './command.ts';
import type { Fields } from './fields.ts';
import { type LocatedValue, type Report, describe } from './located.ts';

/** Absolute path of a file named relative to `directory`; null after a problem. */
export function findFile(value: LocatedValue, directory: string, report: Report): string | null {
  if (value.kind !== 'scalar' || typeof value.value !== 'string' || value.value === '') {
    report.problem(value, `must be the path of a file, not ${describe(value)}.`);
    return null;
  }
  const file = resolve(directory, value.value);
  try {
    if (statSync(file).isFile()) return file;
    report.problem(value, `${file} is not a file.`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT'
        ? 'does not exist'
        : `cannot be used (${error instanceof Error ? error.message : String(error)})`;
    report.problem(value, `${file} ${why}. Paths are relative to the directory of sweep.yaml.`);
  }
  return null;
}

export interface Program {
  readonly program: string | null;
  readonly command: readonly string[];
}

export function readProgram(fields: Fields, directory: string): Program {
  const { report, mapping } = fields;
  const given = fields.get('program');
  const program = given === null ? null : findFile(given, directory, report);
  const items = fields.get('command');
  const command = items === null ? DEFAULT_COMMAND : readCommand(items, report);
  if (given === null && items === null) {
    report.problem(mapping, 'names nothing to run. Add program: train.ts (or .py, .sh, any executable), or a command.');
  } else if (given === null && command.some((item) => item === '${program}' || item === '${interpreter}')) {
    fields.problem(
      'command',
      'uses ${program} or ${interpreter}, but there is no "program". Add program: train.ts, for one.',
    );
  } else if (given !== null && program !== null && command.includes('${interpreter}') && !runs(program)) {
    report.problem(
      given,
      `${program} has no known extension (.ts, .js, .py, .sh) and is not executable. Mend it with chmod +x.`,
    );
  }
  return { program, command };
}

function runs(program: string): boolean {
  if (interpreterOf(program).length > 0) return true;
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function readCommand(value: LocatedValue, report: Report): readonly string[] {
  if (value.kind !== 'list' || value.items.length === 0) {
    report.problem(value, `must be a list of words, such as [python, \${program}, \${args}], not ${describe(value)}.`);
    return DEFAULT_COMMAND;
  }
  return value.items.map((item) => {
    if (item.kind !== 'scalar' || item.value === null) {
      report.problem(item, `must be one word of the command, not ${describe(item)}.`);
      return '';
    }
    const text = typeof item.value === 'string' ? item.value : item.source;
    if (text.includes('\0')) report.problem(item, 'must not contain NUL characters.');
    if (!isKnownItem(text)) {
      report.problem(item, `${text} is no macro known here. Known: ${MACRO_NAMES.join(' ')}.`);
    } else if (/\$\{(?!envvar:)[a-z_]+\}/.test(text) && !/^\$\{[a-z_]+\}$/.test(text)) {
      report.warn(
        item,
        `${text} is passed on as it stands: a macro counts only as a whole word (\${envvar:NAME} excepted).`,
      );
    }
    return text;
  });
}
