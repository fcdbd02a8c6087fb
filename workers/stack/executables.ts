import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian puts daemons where an ordinary user's PATH does not look. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Absolute path of the program, null when it is in no folder of `path` nor among the system's daemons. */
export function findExecutable(name: string, path = process.env['PATH'] ?? ''): string | null {
  for (const folder of [...path.split(delimiter).filter(Boolean), ...systemFolders]) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not here.
    }
  }
  return null;
}
