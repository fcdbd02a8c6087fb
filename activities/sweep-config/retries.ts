/** `temporal.retries`: how often a trial is tried again, by what went wrong. Each default's why: docs/sweep-yaml.md. */
import type { Retries, Retry } from '../../workflows/activities.ts';
import { DURATION_FORMS, parseDuration } from './duration.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { describe } from './located.ts';

export interface RetryOptions {
  readonly retries: Retries;
  readonly lostLaunches: number;
  readonly stalledSegments: number;
}

const once: Retry = { times: 1, backoffSeconds: 0, excludeNode: false };

export const RETRY_DEFAULTS: RetryOptions = {
  retries: {
    trainer: once,
    outOfMemory: once,
    nodeFailure: { times: 10, backoffSeconds: 0, excludeNode: true },
    unusableCheckpoint: { ...once, times: 0 },
  },
  lostLaunches: 5,
  stalledSegments: 5,
};

/** Keys of sweep.yaml and their classes. */
export const RETRY_CLASSES = {
  trainer: 'trainer',
  out_of_memory: 'outOfMemory',
  node_failure: 'nodeFailure',
  unusable_checkpoint: 'unusableCheckpoint',
} as const;

const MOST = 1_000;

export function readRetries(fields: Fields | null): RetryOptions {
  if (fields === null) return RETRY_DEFAULTS;
  fields.only([...Object.keys(RETRY_CLASSES), 'lost_launches', 'stalled_segments']);
  const read = (key: keyof typeof RETRY_CLASSES): Retry =>
    readRetry(fields, key, RETRY_DEFAULTS.retries[RETRY_CLASSES[key]]);
  return {
    retries: {
      trainer: read('trainer'),
      outOfMemory: read('out_of_memory'),
      nodeFailure: read('node_failure'),
      unusableCheckpoint: read('unusable_checkpoint'),
    },
    lostLaunches: fields.integer('lost_launches', 1, MOST) ?? RETRY_DEFAULTS.lostLaunches,
    stalledSegments: fields.integer('stalled_segments', 1, MOST) ?? RETRY_DEFAULTS.stalledSegments,
  };
}

/** A number of tries, or a mapping; what a mapping leaves out is the default's. */
function readRetry(fields: Fields, key: string, byDefault: Retry): Retry {
  const value = fields.get(key);
  if (value === null) return byDefault;
  if (value.kind !== 'mapping') return { ...byDefault, times: fields.integer(key, 0, MOST) ?? byDefault.times };
  const inner = fieldsOf(value, fields.report);
  inner.only(['times', 'backoff', 'exclude_node']);
  return {
    times: inner.integer('times', 0, MOST) ?? byDefault.times,
    backoffSeconds: backoff(inner) ?? byDefault.backoffSeconds,
    excludeNode: yesOrNo(inner, 'exclude_node') ?? byDefault.excludeNode,
  };
}

const LONGEST_BACKOFF = 3_600;

function backoff(fields: Fields): number | null {
  const value = fields.get('backoff');
  if (value === null) return null;
  const seconds = value.kind === 'scalar' ? parseDuration(value.value) : null;
  if (seconds !== null && Number.isInteger(seconds) && seconds <= LONGEST_BACKOFF) return seconds;
  const wanted = seconds === null ? DURATION_FORMS : `from 0 to ${LONGEST_BACKOFF} whole seconds`;
  fields.report.problem(value, `must be ${wanted}, not ${seconds ?? describe(value)}.`);
  return null;
}

function yesOrNo(fields: Fields, key: string): boolean | null {
  const value = fields.get(key);
  if (value === null) return null;
  if (value.kind === 'scalar' && typeof value.value === 'boolean') return value.value;
  fields.report.problem(value, `must be true or false, not ${describe(value)}.`);
  return null;
}
