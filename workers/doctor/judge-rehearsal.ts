/** What a rehearsal proved. Pure. */
import { ok, problem, warning, type Finding } from './finding.ts';
import type { Act, Rehearsal } from './rehearse.ts';

export function judgeRehearsal(rehearsal: Rehearsal): Finding[] {
  if (rehearsal.kind === 'rehearsed') return rehearsal.acts.map(judgeAct);
  return [
    warning(
      'rehearsal',
      `the trial did not begin to train: ${rehearsal.why}`,
      'nothing was rehearsed',
      'try again with --wait 600, or another --partition',
    ),
  ];
}

function judgeAct(act: Act): Finding {
  const name = `rehearsal: ${act.cause}`;
  switch (act.kind) {
    case 'skipped':
      return warning(name, `not rehearsed: ${act.why}`, 'what a real one does here is not known', '');
    case 'stuck':
      return problem(
        name,
        `the trial did not train again: ${act.why}`,
        'interrupted trials may wait that long',
        'try again with --wait 600; the queue may be full',
      );
    case 'resumed': {
      const resumed = `checkpoint at step ${act.step}, resumed at step ${act.next}`;
      const finding = act.exact
        ? ok(name, resumed, 'no step was repeated or lost')
        : problem(name, resumed, 'steps were repeated or lost', 'please report it, with the files of the trial');
      return { ...finding, timeline: act.stages };
    }
  }
}

/** Without one: how to get it. */
export const notRehearsed = (): Finding =>
  ok(
    'rehearsal',
    'not asked for',
    '`--rehearse` interrupts a real short job and shows how it resumes (1 to 2 minutes)',
  );
