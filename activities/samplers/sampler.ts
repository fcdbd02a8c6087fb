/** What every sampler is: a function of the sweep and the trial's number. */
import type { Hyperparameters } from '../../workflows/messages.ts';
import type { ResolvedSweep } from '../sweep-config/resolved-sweep.ts';

/**
 * @param number of the trial, from 1.
 * @returns the trial's hyperparameters, nested as in sweep.yaml; null when a finite space is used up.
 */
export type Sampler = (sweep: ResolvedSweep, number: number) => Hyperparameters | null;
