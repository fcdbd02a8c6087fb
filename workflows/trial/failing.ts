/**
 * What failures cost a trial, pure: the tries of each class, and what SLURM's settled record makes of an end.
 *
 * P7  the record names an end, once; our own intent is never renamed.
 * P8  a preemption and a time limit cost nothing.
 */
import type { FailureClass, SettledEnd, TrialSettings } from '../activities.ts';
import * as budgets from '../budgets.ts';
import type { Spent } from '../budgets.ts';
import * as words from '../trial-words.ts';
import type { Final, Trial } from './memory.ts';

/**
 * SLURM's settled record names the end that brought us here. What failed is spent here; a launch that never
 * announced itself because its node failed, or because it was preempted, was no lost one.
 */
export function named(trial: Trial, record: Pick<SettledEnd, 'state' | 'node'>, settings: TrialSettings): Trial {
  const { unsettled } = trial;
  const end = budgets.namedEnd(record);
  const known: Trial = { ...trial, unsettled: null };
  if (unsettled === null || end === null) return known;
  let next = known;
  if (unsettled.announced) {
    const written = trial.interruptions.at(-1);
    if (written === undefined || !budgets.knowsBetter(written, end)) return known;
    next = { ...next, interruptions: [...trial.interruptions.slice(0, -1), end.cause] };
    // One end costs one budget: this one was no error of the trainer, or no lack of progress, as well.
    if (written === 'TrainerDied') next = { ...next, retry: null, spent: giveBack(trial.spent, 'trainer') };
    else if (end.failure !== null) next = { ...next, stalled: Math.max(0, trial.stalled - 1) };
  } else if (end.cause === 'preemption' || end.failure === 'nodeFailure') {
    if (unsettled.lost) next = { ...next, lost: Math.max(0, trial.lost - 1) };
  } else return known;
  if (end.failure === null || trial.intent !== null) return next;
  const node = record.node ?? unsettled.node;
  const facts = { state: record.state, node, jobId: trial.ended?.jobId ?? trial.jobId };
  const type = end.failure === 'outOfMemory' ? 'OutOfMemory' : 'NodeFailure';
  return spend(next, end.failure, node, settings, (failures) => ({
    state: 'failed',
    type,
    reason: words.failed(type, facts, failures),
  }));
}

const giveBack = (spent: Spent, name: FailureClass): Spent => ({ ...spent, [name]: Math.max(0, spent[name] - 1) });

/** One failure of a class; the trial fails with `fail` when that was one too many. */
export function spend(
  trial: Trial,
  name: FailureClass,
  node: string | null,
  settings: TrialSettings,
  fail: (failures: number) => Final,
): Trial {
  const failures = trial.spent[name] + 1;
  const next: Trial = { ...trial, spent: { ...trial.spent, [name]: failures } };
  const policy = budgets.policy(settings, name);
  const verdict = budgets.judge(failures, policy);
  if (verdict.kind === 'fail') return { ...next, final: fail(failures) };
  const fresh = verdict.excludeNode && node !== null;
  if (!fresh && verdict.seconds === 0) return next;
  return {
    ...next,
    excludeNodes: fresh ? budgets.excluding(trial.excludeNodes, node) : trial.excludeNodes,
    retry: { fresh, seconds: verdict.seconds, after: words.failure(name, failures, policy?.times ?? null) },
  };
}
