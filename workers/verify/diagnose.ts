/** From what differs to its likely causes, the likeliest first. Pure. */
import type { Suspect } from './suspects.ts';
import type { Cause, Difference, SegmentRecord, Verdict } from './verdict.ts';

export interface Evidence {
  readonly between: Extract<Verdict, { verdict: 'different' }>['between'];
  /** At least one. */
  readonly differences: readonly Difference[];
  readonly suspects: readonly Suspect[];
  /** Of the straight run. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the interrupted run's segments warned of. */
  readonly warnings: readonly string[];
  /** Of the interrupted run; empty when the straight runs differ. */
  readonly segments: readonly SegmentRecord[];
}

/** @returns at least one. */
export function diagnose(evidence: Evidence): Cause[] {
  const causes = evidence.between === 'straight runs' ? ofStraightRuns(evidence) : ofInterruptions(evidence);
  return causes.length > 0 ? causes : [{ kind: 'unknown', sentence: UNKNOWN }];
}

// --- internal ---

const UNKNOWN =
  'Nothing in the script stands out. Something besides the seed enters the training: look for a clock, a random ' +
  'number, a file that changes, the network, or the environment, in what the script imports too.';

/** Differences of this size, relative to the value, are those of another order of additions. */
const ROUNDING = 1e-4;

function ofStraightRuns(evidence: Evidence): Cause[] {
  const { suspects, environment } = evidence;
  const clock = named(suspects, 'clock', (where) => ({
    kind: 'clock',
    sentence:
      `The clock enters the training: ${where}. Take it out of data, model, loss and metrics; ` +
      'a time that is only printed is harmless.',
  }));
  const random = named(suspects, 'randomness', (where) => ({
    kind: 'randomness',
    sentence: `Random numbers that no seed governs: ${where}. Draw them from Math.random, which is the trial's own.`,
  }));
  const loading = named(suspects, 'loading', (where) => ({
    kind: 'randomness',
    sentence:
      `Math.random is called while the script is loaded, before it is seeded: ${where}. ` +
      'Call it inside the functions of defineTrial.',
  }));
  const kernel = isRounding(evidence.differences) || isParallel(environment) ? kernels(environment) : [];
  const textual = [...clock, ...random, ...loading];
  return [
    ...environments(evidence),
    ...(textual.length > 0 && !isParallel(environment) ? textual : [...textual, ...kernel]),
  ];
}

function ofInterruptions(evidence: Evidence): Cause[] {
  const { differences, suspects, environment, segments } = evidence;
  const failure = differences.find((difference) => difference.kind === 'failure');
  if (failure !== undefined) return [...environments(evidence), ofFailure(failure.message)];
  const where = named(suspects, 'state', (list) => ({ kind: 'own state', sentence: list }))[0]?.sentence;
  const generator = differences.some((difference) => difference.kind === 'state' && difference.name === 'random');
  const own: Cause = {
    kind: 'own state',
    sentence:
      `Two straight runs agree, and ${sinceResume(differences, segments)}: the script keeps state of its own that no ` +
      `checkpoint holds (a counter, a cache, a generator, a running mean${where === undefined ? '' : `; look at ${where}`}). ` +
      'Compute it from the position or the hyperparameters, or keep it in the weights of a layer; in a loop of your own, `track` it.' +
      (generator ? ' Math.random was drawn another number of times, as by values that are drawn once and kept.' : ''),
  };
  const clock = named(suspects, 'clock', (list) => ({
    kind: 'clock',
    sentence: `The clock, where it rarely matters and a resume makes it matter: ${list}.`,
  }));
  return [...environments(evidence), own, ...clock, ...(isParallel(environment) ? kernels(environment) : [])];
}

/** Where the first difference lies, seen from the resumes. */
function sinceResume(differences: readonly Difference[], segments: readonly SegmentRecord[]): string {
  const first = segments.find((segment, index) => index > 0 && segment.step > 0);
  const row = differences.find((difference) => difference.kind === 'row');
  if (first === undefined) return 'the interrupted one differs, though it never resumed from a checkpoint';
  const resume = `the first resume, after step ${first.step}, in epoch ${first.epoch + 1}`;
  if (row === undefined) return `the rows of the interrupted one, too, but not its weights, after ${resume}`;
  if (row.epoch === first.epoch + 1) return `the interrupted one differs from ${resume}, on`;
  return `the interrupted one differs from epoch ${row.epoch} on, not yet after ${resume}`;
}

function ofFailure(message: string): Cause {
  const unusable = message.startsWith('UnusableCheckpoint');
  return {
    kind: unusable ? 'checkpoint' : 'own state',
    sentence: unusable
      ? 'A checkpoint of this very run does not fit the script when it starts again: model, data or hyperparameters are ' +
        'built differently in every process.'
      : 'The script fails after a resume and not in a straight run: it relies on state that a new process does not have.',
  };
}

function environments({ differences, warnings }: Evidence): Cause[] {
  const difference = differences.find((found) => found.kind === 'environment');
  const warning = warnings.find((text) => text.startsWith('resumed under'));
  if (difference === undefined && warning === undefined) return [];
  const what =
    difference === undefined ? warning! : `${difference.name} was ${difference.expected}, then ${difference.got}`;
  return [
    {
      kind: 'environment',
      sentence:
        `The runs had different environments: ${what}. Thread counts, oneDNN and the CPU's type select the kernels: ` +
        'leave TF_NUM_INTRAOP_THREADS, TF_NUM_INTEROP_THREADS and TF_ENABLE_ONEDNN_OPTS alone in the script, and do not ' +
        'edit it meanwhile.',
    },
  ];
}

const isParallel = ({ gpu, intraOp = '1', interOp = '1' }: Readonly<Record<string, string>>): boolean =>
  gpu === 'true' || intraOp !== '1' || interOp !== '1';

function kernels({ gpu, intraOp, interOp }: Readonly<Record<string, string>>): Cause[] {
  const how =
    gpu === 'true'
      ? 'on the GPU; TF_DETERMINISTIC_OPS=1 may help'
      : `with ${intraOp ?? '?'} threads inside and ${interOp ?? '?'} between operations; with 1 of each it may agree`;
  return [
    {
      kind: 'kernel',
      sentence: `A kernel whose sums have another order in every run, ${how}: exact resume needs kernels that repeat.`,
    },
  ];
}

function isRounding(differences: readonly Difference[]): boolean {
  const first = differences.find((difference) => difference.kind === 'row' || difference.kind === 'tensor');
  if (first === undefined) return false;
  const [expected, got] = [Number(first.expected ?? Number.NaN), Number(first.got ?? Number.NaN)];
  return Math.abs(expected - got) <= ROUNDING * Math.max(Math.abs(expected), Math.abs(got));
}

function named(suspects: readonly Suspect[], kind: Suspect['kind'], cause: (where: string) => Cause): Cause[] {
  const found = suspects.filter((suspect) => suspect.kind === kind);
  if (found.length === 0) return [];
  const shown = found.slice(0, 4).map(({ what, file, line }) => `${what} at ${file}:${line}`);
  return [cause(found.length > shown.length ? `${shown.join(', ')}, …` : shown.join(', '))];
}
