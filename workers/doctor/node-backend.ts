/** The trainer's backend as this node gives it, found out by a child process. */
import { readdirSync } from 'node:fs';
import { execa } from 'execa';
import { loadBackend } from '../../trainer/backend.ts';
import { BACKEND_MARK, type BackendFacts } from './question.ts';

/** Longer than a cold read of half a gigabyte from a network file system takes. Milliseconds. */
const PATIENCE = 120_000;

export async function printBackend(): Promise<void> {
  const { environment, warnings } = await loadBackend();
  console.log(BACKEND_MARK + JSON.stringify({ environment, warnings }));
}

/** @param program absolute path of the probe itself. */
export async function askBackend(program: string): Promise<BackendFacts> {
  const result = await execa(process.execPath, [program], { reject: false, timeout: PATIENCE, stdin: 'ignore' });
  const line = result.stdout.split('\n').find((text) => text.startsWith(BACKEND_MARK));
  if (line !== undefined)
    return {
      kind: 'loaded',
      ...(JSON.parse(line.slice(BACKEND_MARK.length)) as Pick<Loaded, 'environment' | 'warnings'>),
    };
  if (result.signal === 'SIGILL')
    return { kind: 'broken', why: 'SIGILL: this CPU lacks instructions that libtensorflow was built for (AVX)' };
  const words = result.stderr.trim().split('\n').at(-1) ?? '';
  return { kind: 'broken', why: words || (result.shortMessage ?? `ended with code ${result.exitCode}`) };
}

type Loaded = Extract<BackendFacts, { kind: 'loaded' }>;

export function countGpus(): number {
  try {
    return readdirSync('/dev').filter((name) => /^nvidia\d+$/.test(name)).length;
  } catch {
    return 0;
  }
}
