/** The one key of sweep.yaml that is not W&B's. Every option: see {@link TemporalOptions} and docs/sweep-yaml.md. */
import { BYTE_FORMS, parseBytes } from './byte-size.ts';
import { DURATION_FORMS, parseDuration } from './duration.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { type LocatedValue, type Report, describe } from './located.ts';
import type { TemporalOptions } from './resolved-sweep.ts';
import { readSampler, type Surroundings } from './sampler-options.ts';
import { readSlurmOptions } from './slurm-options.ts';

export const TEMPORAL_KEYS = [
  'seed',
  'sampler',
  'concurrency',
  'slurm',
  'launch',
  'lead_time',
  'retries',
  'heartbeat_timeout',
  'checkpoint_every',
  'checkpoint_budget',
];
const RETRY_KEYS = ['trainer', 'lost_launches', 'stalled_segments'];

const DEFAULTS = {
  seed: 0,
  sampler: { name: 'auto' },
  concurrency: 4,
  slurm: {},
  launch: null,
  leadSeconds: 60,
  trainerRetries: 1,
  lostLaunches: 5,
  stalledSegments: 5,
  heartbeatSeconds: 120,
  checkpointSeconds: 30,
  checkpointBytes: null,
  threads: 1,
} satisfies TemporalOptions;

/**
 * @param parameters names of the search space's parameters, to which options of SLURM may refer.
 * @param findFile absolute path of an existing file named relative to sweep.yaml, or null after a problem.
 */
export function readTemporalOptions(
  value: LocatedValue | null,
  report: Report,
  parameters: readonly string[],
  surroundings: Surroundings,
  findFile: (value: LocatedValue) => string | null,
): TemporalOptions {
  if (value === null) return DEFAULTS;
  if (value.kind !== 'mapping') {
    report.problem(value, `must be a mapping with some of ${TEMPORAL_KEYS.join(', ')}, not ${describe(value)}.`);
    return DEFAULTS;
  }
  const fields = fieldsOf(value, report);
  fields.only(TEMPORAL_KEYS);
  const retries = inner(fields, 'retries');
  retries?.only(RETRY_KEYS);
  const slurmFields = inner(fields, 'slurm');
  const slurm = slurmFields === null ? DEFAULTS.slurm : readSlurmOptions(slurmFields.mapping, parameters, report);
  const launch = fields.get('launch');
  return {
    seed: fields.integer('seed', 0, 2 ** 32 - 1) ?? DEFAULTS.seed,
    sampler: readSampler(fields, surroundings),
    concurrency: fields.integer('concurrency', 1, 1000) ?? DEFAULTS.concurrency,
    slurm,
    launch: launch === null ? DEFAULTS.launch : findFile(launch),
    // SLURM keeps the lead in 16 bits.
    leadSeconds: duration(fields, 'lead_time', 1, 65_535, true) ?? DEFAULTS.leadSeconds,
    trainerRetries: retries?.integer('trainer', 0, 1000) ?? DEFAULTS.trainerRetries,
    lostLaunches: retries?.integer('lost_launches', 1, 1000) ?? DEFAULTS.lostLaunches,
    stalledSegments: retries?.integer('stalled_segments', 1, 1000) ?? DEFAULTS.stalledSegments,
    heartbeatSeconds: duration(fields, 'heartbeat_timeout', 1, 86_400) ?? DEFAULTS.heartbeatSeconds,
    checkpointSeconds: duration(fields, 'checkpoint_every', 0.1, 604_800) ?? DEFAULTS.checkpointSeconds,
    checkpointBytes: bytes(fields, 'checkpoint_budget') ?? DEFAULTS.checkpointBytes,
    threads: threadsOf(slurm, slurmFields),
  };
}

function inner(fields: Fields, key: string): Fields | null {
  const value = fields.get(key);
  if (value === null) return null;
  if (value.kind === 'mapping') return fieldsOf(value, fields.report);
  fields.report.problem(value, `must be a mapping, not ${describe(value)}.`);
  return null;
}

function duration(fields: Fields, key: string, least: number, most: number, whole = false): number | null {
  const value = fields.get(key);
  if (value === null) return null;
  const seconds = value.kind === 'scalar' ? parseDuration(value.value) : null;
  if (seconds === null) {
    fields.report.problem(value, `must be ${DURATION_FORMS}, not ${describe(value)}.`);
  } else if (seconds < least || seconds > most || (whole && !Number.isInteger(seconds))) {
    const kind = whole ? 'whole seconds' : 'seconds';
    fields.report.problem(value, `must be from ${least} to ${most} ${kind}, not ${seconds}.`);
  }
  return seconds;
}

function bytes(fields: Fields, key: string): number | null {
  const value = fields.get(key);
  if (value === null) return null;
  const size = value.kind === 'scalar' ? parseBytes(value.value) : null;
  if (size === null) fields.report.problem(value, `must be ${BYTE_FORMS}, not ${describe(value)}.`);
  return size;
}

function threadsOf(slurm: Readonly<Record<string, string | true>>, fields: Fields | null): number {
  const given = slurm['cpus-per-task'];
  if (given === undefined) return DEFAULTS.threads;
  if (typeof given === 'string' && /^[1-9]\d{0,3}$/.test(given)) return Number(given);
  const key = fields?.has('cpus-per-task') ? 'cpus-per-task' : '--cpus-per-task';
  fields?.problem(key, `must be a whole number from 1 to 9999, not ${String(given)}.`);
  return DEFAULTS.threads;
}
