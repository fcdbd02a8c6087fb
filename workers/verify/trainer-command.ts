/** The command line of a script that runs by itself, with the modules that an agent, too, puts before it. */
import { withNodeOptions } from '../agent/command.ts';

const isSource = import.meta.url.endsWith('.ts');
const trainer = (name: string): string =>
  new URL(`../../trainer/${name}.${isSource ? 'ts' : 'js'}`, import.meta.url).href;

/** @param directory in which it starts, and from which `program` is named. */
export function trainerCommand(program: string, args: readonly string[], directory: string): string[] {
  const tsx = import.meta.resolve('tsx');
  const command = withNodeOptions(['node', program, ...args], directory, {
    signals: trainer('signals'),
    preload: trainer('preload'),
    typescript: isSource ? tsx : trainer('typescript'),
    tsx,
  });
  // Our own sources need a loader themselves.
  return isSource ? [command[0]!, '--import', tsx, ...command.slice(1)] : command;
}
