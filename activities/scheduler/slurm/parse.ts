/** Reads what squeue and scontrol print. Pure; times arrive as seconds since the epoch (SLURM_TIME_FORMAT=%s). */
import type { Job } from '../port.ts';

/**
 * Not `--json`: on 22.05 it takes 3.6 KB per job instead of 0.1, ignores `--states`, and its fields change shape
 * between releases. A suffix without a width: 22.05 prints such a field whole, however long, and squeue's default would cut it at 20 characters.
 * The two fields that people write stand last, the name at the very end: it may itself hold the separator.
 */
export const SQUEUE_FORMAT = [
  'JobID',
  'State',
  'RestartCnt',
  'StartTime',
  'EndTime',
  'NodeList',
  'exit_code',
  'Reason',
  'Name',
]
  .map((field) => `${field}:|`)
  .join(',');

/**
 * Records may span lines, since names may; what is not in our format (warnings, torn output) is left out. Of a job listed
 * twice, as in the midst of a requeue, the record of the higher restart count stays, else the later one.
 */
export function parseSqueue(stdout: string): Job[] {
  const newest = new Map<string, Job>();
  for (const job of stdout.split(RECORD_START).flatMap(readRecord)) {
    const known = newest.get(job.jobId);
    if (known === undefined || job.restartCount >= known.restartCount) newest.set(job.jobId, job);
  }
  return [...newest.values()];
}

/** A job id, a state and a count begin a record. */
const RECORD_START = /\n(?=\d+\|[A-Z_]+\|\d+\|)/;

function readRecord(text: string): Job[] {
  const fields = text.replace(/\n$/, '').split('|');
  if (fields.length < 10 || fields.at(-1) !== '' || !/^\d+$/.test(fields[0]!) || !/^\d+$/.test(fields[2]!)) return [];
  const [jobId, state, restarts, start, end, nodes, status, reason] = fields as [string, ...string[]];
  return [
    {
      jobId,
      name: fields.slice(8, -1).join('|'),
      state: firstWord(state!),
      reason: readReason(reason!),
      restartCount: Number(restarts),
      node: nothing(nodes!) ? null : nodes!,
      exitCode: readWaitStatus(status!),
      startTime: readTime(start!),
      endTime: readTime(end!),
    },
  ];
}

/**
 * One record of `scontrol show job -o`. An array or heterogeneous job prints several lines: the one of `jobId` is read.
 * @returns null when no line is that job's.
 */
export function parseScontrolJob(stdout: string, jobId: string): Job | null {
  const line = stdout.split(/\n(?=JobId=\d+ )/).find((text) => text.startsWith(`JobId=${jobId} `));
  if (line === undefined) return null;
  // A job's name may hold anything, `JobState=` too: what follows it begins at the last ` UserId=` before ` JobState=`.
  const head = /^.*? JobName=(.*?) UserId=\S+\(\d+\) GroupId=/s.exec(line);
  const rest = head === null ? line : line.slice(head[0].length);
  const field = (name: string): string => new RegExp(`(?:^| )${name}=(\\S*)`).exec(rest)?.[1] ?? '';
  const reason = / Reason=(.*?) Dependency=/s.exec(rest)?.[1] ?? field('Reason');
  const nodes = field('NodeList');
  return {
    jobId,
    name: head?.[1] ?? '',
    state: firstWord(field('JobState')),
    reason: readReason(reason),
    restartCount: Number(field('Restarts') || 0),
    node: nothing(nodes) ? null : nodes,
    exitCode: /^\d+:\d+$/.test(field('ExitCode')) ? field('ExitCode') : null,
    startTime: readTime(field('StartTime')),
    endTime: readTime(field('EndTime')),
  };
}

/** Of sinfo's `%T`, a node each line: `*` marks one that does not answer; one that is down has been given up. */
export const readNodeAnswers = (stdout: string): boolean =>
  !stdout.split('\n').some((state) => /\*|^(down|no_respond|unknown)/i.test(state.trim()));

const nothing = (text: string): boolean => /^(|\(null\)|N\/A|NONE|None|Unknown)$/.test(text);

/** `CANCELLED by 0`, `CANCELLED+`, `FAILED,REQUEUED`: the first word is the state. */
const firstWord = (text: string): string => /^[A-Z_]+/.exec(text)?.[0] ?? text;

const readReason = (text: string): string => {
  const bare = text
    .replace(/\s+/g, ' ')
    .replace(/^ ?\((.*)\) ?$/, '$1')
    .trim();
  return nothing(bare) ? 'None' : bare;
};

export const readTime = (text: string): number | null => (/^\d+$/.test(text) ? Number(text) : null);

/** squeue prints the raw wait status: 21760 is code 85, 15 is signal 15. */
function readWaitStatus(text: string): string | null {
  if (!/^\d+$/.test(text)) return null;
  const status = Number(text);
  return `${(status >> 8) & 255}:${status & 127}`;
}
