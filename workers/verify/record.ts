/** What of a verdict is kept for the trials of this script. Pure. */
import type { VerifiedRecord } from '../../activities/results/verified.ts';
import { differenceText } from './render.ts';
import type { Verdict } from './verdict.ts';

export function recordOf(verdict: Verdict): VerifiedRecord {
  const { program, arguments: args, strikeSeed, environment, segments, endedAt } = verdict;
  return {
    version: 1,
    verdict: verdict.verdict,
    interruptions: segments.filter(({ strike }) => strike !== null).length,
    difference: verdict.verdict === 'exact' ? null : differenceText(verdict.differences[0]!),
    program,
    arguments: args,
    strikeSeed,
    environment,
    endedAt,
  };
}
