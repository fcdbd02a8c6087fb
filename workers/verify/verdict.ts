/** What `temporal sweep verify` finds out, as its JSON shows it. */
import type { EncodedNumber } from '../../trainer/codec.ts';
import type { Place } from '../../trainer/watch.ts';

export type StrikeSignal = 'SIGUSR1' | 'SIGTERM' | 'SIGKILL';

export interface Strike {
  readonly signal: StrikeSignal;
  /** What the script did when it came. */
  readonly place: Place;
  /** Batches trained when it comes. */
  readonly step: number;
}

/** One process of an interrupted run. */
export interface SegmentRecord {
  /** Where it began, in finished batches, finished epochs, finished batches of the epoch under way. */
  readonly step: number;
  readonly epoch: number;
  readonly batch: number;
  /** What ended it; null: it trained to the end. */
  readonly strike: Strike | null;
}

/** The first difference of its kind between two runs. */
export type Difference =
  | { readonly kind: 'environment'; readonly name: string; readonly expected: string; readonly got: string }
  | {
      /** `metric` of the row of `epoch` (from 1); null: one of the runs has no such metric, or no such row. */
      readonly kind: 'row';
      readonly epoch: number;
      readonly step: number;
      readonly metric: string;
      readonly expected: EncodedNumber | null;
      readonly got: EncodedNumber | null;
    }
  | {
      readonly kind: 'tensor';
      /** Its name in the final checkpoint. */
      readonly name: string;
      /** Index of the first element that differs; -1: dtype or shape differ, or one run lacks the tensor. */
      readonly element: number;
      readonly expected: string;
      readonly got: string;
      /** Elements of this tensor that differ, and its elements. */
      readonly differing: number;
      readonly elements: number;
      /** Tensors that differ, of all. */
      readonly tensors: readonly [number, number];
    }
  /** A field of the state beside the tensors: step, sums, the random generator. */
  | { readonly kind: 'state'; readonly name: string; readonly expected: string; readonly got: string }
  /** A run that should have completed failed instead. */
  | { readonly kind: 'failure'; readonly step: number; readonly message: string };

export interface Cause {
  readonly kind: 'clock' | 'randomness' | 'own state' | 'environment' | 'kernel' | 'checkpoint' | 'unknown';
  /** One or two sentences: what, where, how to mend. */
  readonly sentence: string;
}

interface Common {
  readonly version: 1;
  readonly program: string;
  readonly arguments: readonly string[];
  /** Seed of the strikes; `--strike-seed` repeats them. */
  readonly strikeSeed: number;
  /** Of the straight run. */
  readonly steps: number;
  readonly epochs: number;
  /** What selects the trajectory: libtensorflow, threads, CPU. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of the interrupted run, in order; empty when the straight runs differ already. */
  readonly segments: readonly SegmentRecord[];
  readonly warnings: readonly string[];
  /** Milliseconds since the epoch. */
  readonly endedAt: number;
}

export type Verdict =
  | (Common & { readonly verdict: 'exact' })
  | (Common & {
      readonly verdict: 'different';
      /** Which two runs differ: two straight ones, or the straight and the interrupted. */
      readonly between: 'straight runs' | 'straight and interrupted';
      /** One per kind, the earliest in the training first. */
      readonly differences: readonly Difference[];
      /** The most likely first. */
      readonly causes: readonly Cause[];
    });
