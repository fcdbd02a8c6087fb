/** Which processes a stack has brought to life, found by its directory's name, whoever their parent is by now. */
import { readFileSync } from 'node:fs';
import { setInterval } from 'node:timers';
import { allPids, descriptorsOf, identify } from '../../../workers/stack/process-table.ts';

export interface Found {
  readonly pid: number;
  readonly command: string;
}

/** All processes whose command line or environment names `text`; this one and its parents' like excepted. */
export function processesNaming(text: string): Found[] {
  return allPids().flatMap((pid) => {
    if (pid === process.pid || identify(pid) === null) return [];
    const command = readProc(pid, 'cmdline').replaceAll('\0', ' ').trim();
    return command.includes(text) || readProc(pid, 'environ').includes(text) ? [{ pid, command }] : [];
  });
}

/** Agents, trainers, job scripts and end reporters of the stack on `directory`: whatever lives inside a job. */
export const jobProcesses = (directory: string): Found[] =>
  processesNaming(directory).filter(({ pid }) => /(^|\0)SLURM_JOB_ID=/.test(readProc(pid, 'environ')));

const INSPECTOR = ':240D'; // 9229, as /proc/net/tcp writes it
const LISTENING = '0A';

/** Processes of the stack that listen on the inspector's port. */
export function inspectors(directory: string): Found[] {
  const lines = ['tcp', 'tcp6'].flatMap((name) => readText(`/proc/net/${name}`).split('\n').slice(1));
  const sockets = lines
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(INSPECTOR) && fields[3] === LISTENING)
    .map((fields) => `socket:[${fields[9]}]`);
  if (sockets.length === 0) return [];
  return processesNaming(directory).filter(({ pid }) => descriptorsOf(pid).some((target) => sockets.includes(target)));
}

/** Looks for inspectors all the time; `stop()` tells which were seen. */
export function watchInspectors(directory: string): { stop(): Found[] } {
  const seen = new Map<number, Found>();
  const look = (): void => inspectors(directory).forEach((found) => seen.set(found.pid, found));
  const timer = setInterval(look, 100);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return [...seen.values()];
    },
  };
}

const readProc = (pid: number, file: 'cmdline' | 'environ'): string => readText(`/proc/${pid}/${file}`);

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
