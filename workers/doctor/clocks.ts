/** Clocks of node and controller against this host's. Pure. */
import type { Clock } from './ask-node.ts';
import { ok, warning, type Finding } from './finding.ts';
import type { Answer } from './question.ts';

/** Only what is certain: an answer cannot be older than its job, nor newer than its being seen. Milliseconds. */
export function judgeClock({ began, wrote }: Pick<Answer, 'began' | 'wrote'>, { submitted, seen }: Clock): Finding {
  const behind = submitted - began;
  const ahead = wrote - seen;
  const most = Math.max(behind, ahead);
  const name = 'clock of the node';
  if (most < 1_000) return ok(name, 'agrees with this host', 'deadlines and times in rows mean what they say');
  return warning(
    name,
    `${behind > ahead ? 'behind' : 'ahead'} by at least ${(most / 1_000).toFixed(1)} s`,
    'deadlines of notices are off by as much; munge refuses credentials at 300 s',
    'ask for NTP on the nodes',
  );
}

export function judgeController(ahead: { readonly least: number; readonly most: number } | null): Finding[] {
  if (ahead === null) return [];
  const name = 'clock of the controller';
  if (ahead.least < 1_000 && ahead.most > -1_000)
    return [ok(name, 'agrees with this host to a second', 'requeued jobs are released for the next second')];
  const seconds = (Math.abs(ahead.least + ahead.most) / 2_000).toFixed(1);
  if (ahead.least >= 1_000)
    return [
      warning(
        name,
        `ahead of this host by about ${seconds} s`,
        'a release for the next second of this host is too early: SLURM revokes some launches',
        `temporal sweep worker --clock-margin ${Math.ceil(ahead.most / 500) * 500}`,
      ),
    ];
  return [
    warning(
      name,
      `behind this host by about ${seconds} s`,
      'each requeue waits that much longer',
      'ask for NTP on both',
    ),
  ];
}
