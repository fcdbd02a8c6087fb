/**
 * How the CLI learns what the control workers ask of the scheduler: each writes its last hour to `<root>/.calls/`, under its
 * host and process. One that died stops writing, and no longer counts.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { writeAtomically } from '../../activities/files.ts';
import { callsDirectory } from '../../activities/layout.ts';
import { createCallRate, together } from '../../activities/scheduler/call-rate.ts';
import type { CallReport } from '../../activities/scheduler/call-rate.ts';
import type { Scheduler } from '../../activities/scheduler/port.ts';

/** Milliseconds between two writes. */
const INTERVAL = 10_000;
/** A report this old, in milliseconds, is of a worker that is gone, whatever the clocks of two hosts differ by. */
const STALE = 120_000;

/** A report that cannot be written is left out: nobody's trial depends on it. */
export function reportCalls(scheduler: Scheduler, root: string): { stop(): Promise<void> } {
  const directory = callsDirectory(root);
  const file = join(directory, `${hostname()}.${process.pid}.json`);
  const rate = createCallRate();
  const leave = scheduler.observe(rate.add);
  const write = async (): Promise<void> => {
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeAtomically(file, `${JSON.stringify(rate.report())}\n`);
    } catch {
      // Full, read-only or gone: the next one may be luckier.
    }
  };
  let writing = removeStale(directory);
  const timer = setInterval(() => {
    writing = writing.then(write);
  }, INTERVAL);
  return {
    async stop() {
      leave();
      clearInterval(timer);
      await writing;
      await rm(file, { force: true }).catch(() => {});
    },
  };
}

/** Of all control workers that are alive; null when none has written, or the root is not to be seen from here. */
export async function readCalls(root: string, now: number = Date.now()): Promise<CallReport | null> {
  const reports = await readReports(callsDirectory(root));
  return together(reports.filter(({ report }) => now - report.until < STALE).map(({ report }) => report));
}

async function removeStale(directory: string): Promise<void> {
  for (const { file, report } of await readReports(directory))
    if (Date.now() - report.until >= STALE) await rm(file, { force: true }).catch(() => {});
}

async function readReports(directory: string): Promise<{ file: string; report: CallReport }[]> {
  const names = await readdir(directory).catch(() => []);
  const files = names.filter((name) => name.endsWith('.json')).map((name) => join(directory, name));
  const reports = await Promise.all(files.map(async (file) => ({ file, report: await readReport(file) })));
  return reports.flatMap(({ file, report }) => (report === null ? [] : [{ file, report }]));
}

async function readReport(file: string): Promise<CallReport | null> {
  try {
    const report = JSON.parse(await readFile(file, 'utf8')) as Partial<CallReport> | null;
    const complete = typeof report?.since === 'number' && typeof report.until === 'number';
    return complete && typeof report.commands === 'object' ? (report as CallReport) : null;
  } catch {
    return null;
  }
}
