/** How far each segment was seen to get, against where its successor began: the difference was trained twice. */
import { readFileSync } from 'node:fs';
import type { trialLayout } from '../../activities/layout.ts';
import type { Outcome } from '../../workflows/messages.ts';
import type { SweepView } from '../cli/view.ts';

export interface StepRecord {
  note(view: SweepView): void;
  /** A heartbeat that was seen between two views. */
  reached(trial: number, segment: number, step: number): void;
  /** Batches of a segment that do not count. */
  repeated(trial: number, layout: ReturnType<typeof trialLayout>, segment: number): number;
}

export function recordSteps(): StepRecord {
  const furthest = new Map<string, number>();
  const reached = (trial: number, segment: number, step: number): void => {
    const key = `${trial}/${segment}`;
    furthest.set(key, Math.max(furthest.get(key) ?? 0, step));
  };
  return {
    reached,
    note: (view) => {
      for (const { number, segments, heartbeat } of view.live)
        if (heartbeat !== null) reached(number, segments, heartbeat.step);
    },
    repeated: (trial, layout, segment) => {
      const outcome = readJson<Outcome>(layout.segment(segment).outcome);
      const resume = readJson<{ step: number }>(layout.segment(segment + 1).resume);
      const last = outcome !== null && 'step' in outcome ? outcome.step : (furthest.get(`${trial}/${segment}`) ?? 0);
      return Math.max(0, last - (resume?.step ?? 0));
    },
  };
}

function readJson<T>(file: string): T | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T | null;
  } catch {
    return null;
  }
}
