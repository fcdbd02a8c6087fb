/**
 * What sacct prints of jobs that slurmctld has forgotten. Pure; times arrive as seconds since the epoch (SLURM_TIME_FORMAT=%s).
 *
 * Accounting is asked for facts of the end only. What it gets wrong, measured on 22.05: letters outside ASCII in names become
 * `?`; a job whose start slurmdbd missed is called `allocation`; Reason is why the job waited, not why it ended; a job lost by
 * slurmctld stays RUNNING for ever.
 */
import type { Job } from '../port.ts';
import { phase } from '../states.ts';
import { readTime } from './parse.ts';

/** The name stands last, since it may hold the separator and line breaks. 22.05 has no column for the restart count. */
export const SACCT_FORMAT = 'JobIDRaw,State,Submit,Start,End,ExitCode,NodeList,Reason,JobName';

interface AccountRecord {
  readonly submitTime: number;
  readonly job: Omit<Job, 'restartCount'>;
}

/**
 * The newest incarnation of each job. Every requeue begins a record with a later Submit (`--duplicates` shows them all), so
 * that the number of earlier ones is the restart count.
 */
export function parseSacct(stdout: string): Job[] {
  const newest = new Map<string, { readonly record: AccountRecord; readonly earlier: number }>();
  for (const record of stdout.split(RECORD_START).flatMap(readRecord)) {
    const known = newest.get(record.job.jobId);
    const later = known === undefined || record.submitTime >= known.record.submitTime ? record : known.record;
    newest.set(record.job.jobId, { record: later, earlier: known === undefined ? 0 : known.earlier + 1 });
  }
  return [...newest.values()].map(({ record, earlier }) => ({ ...record.job, restartCount: earlier }));
}

/** A record that can no longer change. REQUEUED, and PREEMPTED beside a newer one, are of an earlier incarnation. */
export const isSettled = (job: Job): boolean => phase(job) === 'ended';

/** A name's later lines look like no record; steps (`7.batch`) are none of ours. */
const RECORD_START = /\n(?=\d+\|[A-Z][^|\n]*\|\d+\|)/;

function readRecord(text: string): AccountRecord[] {
  const fields = text.replace(/\n$/, '').split('|');
  if (fields.length < 9 || !/^\d+$/.test(fields[0]!) || !/^\d+$/.test(fields[2]!)) return [];
  const [jobId, state, submit, start, end, exitCode, nodes, reason] = fields as [string, ...string[]];
  const node = nodes === '' || nodes === 'None assigned' ? null : nodes!;
  const job = {
    jobId,
    name: fields.slice(8).join('|'),
    state: /^[A-Z_]+/.exec(state!)?.[0] ?? state!,
    reason: node === null && reason !== '' ? reason! : 'None',
    node,
    exitCode: /^\d+:\d+$/.test(exitCode!) ? exitCode! : null,
    startTime: readTime(start!),
    endTime: readTime(end!),
    cancelledBy: /^CANCELLED by (\S+)/.exec(state!)?.[1] ?? null,
  };
  return [{ submitTime: Number(submit), job }];
}

/** There is none at this site, in sacct's words. */
export const isDisabled = (message: string): boolean =>
  /accounting storage is disabled|not found on PATH|slurmdbd is required|accounting.*not (supported|enabled)/i.test(
    message,
  );
