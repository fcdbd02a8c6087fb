/**
 * What became of jobs that squeue no longer lists: sacct for all of them at once, or `scontrol show job` for a few of them
 * where there is no accounting. Which of the two is found by asking, and asked again once per hour.
 */
import type { Job, Query } from '../port.ts';
import { isDisabled, isSettled, parseSacct, SACCT_FORMAT } from './accounting.ts';
import type { CommandResult, RunCommand } from './commands.ts';
import { isUnknownId, ownWords } from './errors.ts';
import { parseScontrolJob } from './parse.ts';

/** Jobs asked for in one sacct: their ids are one argument of at most 128 KB, and slurmdbd reads each from its tables. */
const ACCOUNT = 1_000;
/** `scontrol show job` knows one id at a time. */
const SHOW = 10;
/** Milliseconds after which an accounting that was not there is asked for again. */
const PROBE_AGAIN = 3_600_000;

export interface Past {
  show(jobId: string): Promise<Query<Job | null>>;
  past(jobIds: readonly string[]): Promise<Query<ReadonlyMap<string, Job | null>>>;
}

export function createPast(run: RunCommand, user: string, now: () => number = Date.now): Past {
  /** An accounting that has never answered is asked, but not waited for: it may not be reachable from this host at all. */
  let answered = false;
  let absentUntil = 0;

  /** Null: there is no accounting. */
  async function account(jobIds: readonly string[]): Promise<Query<Map<string, Job>> | null> {
    if (now() < absentUntil) return null;
    const result = await run('query', 'sacct', [
      ...['--allocations', '--duplicates', '--noheader', '--parsable2', `--user=${user}`],
      ...[`--format=${SACCT_FORMAT}`, `--jobs=${jobIds.join(',')}`],
    ]);
    if (result.code === 0) {
      answered = true;
      const settled = parseSacct(result.stdout).filter(isSettled);
      return { kind: 'answer', value: new Map(settled.map((job) => [job.jobId, job])), throttled: result.throttled };
    }
    if (isDisabled(result.message)) {
      answered = false;
      absentUntil = now() + PROBE_AGAIN;
      return null;
    }
    return answered ? unknown(result) : null;
  }

  async function control(jobId: string): Promise<Query<Job | null>> {
    const result = await run('query', 'scontrol', ['show', 'job', '--oneliner', jobId]);
    if (result.code === 0) return { kind: 'answer', value: parseScontrolJob(result.stdout, jobId) };
    return isUnknownId(result.message) ? { kind: 'answer', value: null } : unknown(result);
  }

  return {
    async show(jobId) {
      const shown = await control(jobId);
      if (shown.kind === 'unknown' || (shown.value !== null && shown.value.state !== 'CANCELLED')) return shown;
      const told = await account([jobId]);
      if (shown.value !== null)
        return { kind: 'answer', value: { ...shown.value, cancelledBy: canceller(told, jobId) } };
      if (told === null) return shown;
      return told.kind === 'unknown' ? told : { kind: 'answer', value: told.value.get(jobId) ?? null };
    },
    async past(jobIds) {
      const asked = jobIds.slice(0, ACCOUNT);
      const told = await account(asked);
      if (told?.kind === 'unknown') return told;
      if (told !== null) return { ...told, value: new Map(asked.map((id) => [id, told.value.get(id) ?? null])) };
      const found = new Map<string, Job | null>();
      for (const jobId of jobIds.slice(0, SHOW)) {
        const shown = await control(jobId);
        if (shown.kind === 'unknown') break;
        found.set(jobId, shown.value);
      }
      return { kind: 'answer', value: found };
    },
  };
}

/** P7: slurmctld's own record does not tell who cancelled. */
const canceller = (told: Query<Map<string, Job>> | null, jobId: string): string | null =>
  told?.kind === 'answer' ? (told.value.get(jobId)?.cancelledBy ?? null) : null;

export const unknown = (result: CommandResult): { kind: 'unknown'; message: string } => ({
  kind: 'unknown',
  message: ownWords(result.message) || `ended with code ${result.code}`,
});
