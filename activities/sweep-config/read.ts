/** A user's sweep.yaml, or an inline object with the same keys, to a {@link ResolvedSweep} or to all its problems. */
import { dirname, resolve } from 'node:path';
import { stringify } from 'yaml';
import type { Identity } from '../../workflows/messages.ts';
import { fieldsOf } from './fields.ts';
import { loadObject } from './load-object.ts';
import { loadYaml } from './load-yaml.ts';
import { type LocatedValue, type Report, describe } from './located.ts';
import { readParameters } from './parameters.ts';
import { createProblem, type Problem } from './problem.ts';
import { findFile, readProgram } from './program.ts';
import type { ResolvedSweep } from './resolved-sweep.ts';
import { readSource } from './source.ts';
import { gridSize } from './space.ts';
import { readTemporalOptions } from './temporal-options.ts';
import { checkKeys, readMethod, readMetric } from './top-level.ts';

export interface ReadSweepOptions {
  readonly identity: Identity;
  /** Relative paths of sweeps, and all paths in inline sweeps, are relative to it. Absolute. */
  readonly baseDirectory: string;
  /** P14: accept commands in inline objects and in files of other users. */
  readonly allowInline: boolean;
}

export type ReadSweepResult =
  | {
      readonly ok: true;
      readonly sweep: ResolvedSweep;
      /** What the user gave: a file's text as it stands, an inline object as YAML. */
      readonly yaml: string;
      /** Sentences with file, line and column. */
      readonly warnings: string[];
    }
  | { readonly ok: false; readonly problems: Problem[] };

/** @param source a path, or an object with the keys of sweep.yaml. Never throws for what a user can get wrong. */
export function readSweep(source: unknown, options: ReadSweepOptions): ReadSweepResult {
  const file = typeof source === 'string' ? resolve(options.baseDirectory, source) : null;
  const report = createReport(file);
  const problem = (message: string): ReadSweepResult => {
    report.problem({ path: '', place: null }, message);
    return { ok: false, problems: report.problems };
  };

  let yaml: string;
  let root: LocatedValue | null;
  if (file !== null) {
    if (source === '') return problem('the path of sweep.yaml is empty.');
    const read = readSource(file, options.allowInline);
    if (!read.ok) return problem(read.message);
    yaml = read.text;
    root = loadYaml(read.text, report);
  } else {
    if (typeof source !== 'object' || source === null || Array.isArray(source)) {
      return problem('a sweep is started with the path of a sweep.yaml, or with an object that has its keys.');
    }
    root = loadObject(source, report);
    yaml = root === null ? '' : stringify(source);
  }
  if (root === null) return { ok: false, problems: report.problems };
  if (root.kind !== 'mapping') {
    return problem(`must be a mapping with the keys of sweep.yaml (method, parameters, …), not ${describe(root)}.`);
  }
  const sweep = resolveSweep(root, report, file, options);
  if (sweep === null || report.problems.length > 0) return { ok: false, problems: report.problems };
  return { ok: true, sweep, yaml, warnings: report.warnings };
}

function resolveSweep(
  root: LocatedValue & { readonly kind: 'mapping' },
  report: Report,
  file: string | null,
  options: ReadSweepOptions,
): ResolvedSweep | null {
  const fields = fieldsOf(root, report);
  const directory = file === null ? options.baseDirectory : dirname(file);
  checkKeys(fields);
  if (file === null && !options.allowInline && refuseCommands(root, report)) return null;

  const method = readMethod(fields);
  const given = fields.get('parameters');
  if (given === null)
    report.problem(root, 'has no "parameters". Add at least one, such as lr: { min: 0.001, max: 0.1 }.');
  const { space, floats } = given === null ? { space: {}, floats: [] } : readParameters(given, method, report);
  const runCap = fields.integer('run_cap', 1, Number.MAX_SAFE_INTEGER);
  const metric = readMetric(fields, method);
  const surroundings = { method, objectives: metric === null ? 0 : 1 };
  const sweep = {
    version: 1,
    identity: options.identity,
    source: file,
    name: fields.text('name'),
    metric,
    metrics: [],
    space,
    floats,
    ...readProgram(fields, directory),
    directory,
    temporal: readTemporalOptions(fields.get('temporal'), report, Object.keys(space), surroundings, (value) =>
      findFile(value, directory, report),
    ),
  } as const;
  if (method === null || report.problems.length > 0) return null;

  const points = method === 'grid' ? gridSize(space)! : Infinity;
  if (points === 0) report.problem(given!, 'make an empty grid.');
  const size = Math.min(points, runCap ?? Infinity);
  return { ...sweep, method, size: size === Infinity ? null : size };
}

/** P14: a message may not bring commands. True when there was one. */
function refuseCommands(root: LocatedValue & { readonly kind: 'mapping' }, report: Report): boolean {
  const temporal = root.entries.get('temporal')?.value;
  const inner = temporal?.kind === 'mapping' ? temporal.entries : new Map<string, never>();
  const found = [
    ...['program', 'command'].filter((key) => root.entries.has(key)),
    ...['launch', 'slurm'].filter((key) => inner.has(key)).map((key) => `temporal.${key}`),
  ];
  const mend = 'Start the sweep with the path of a sweep.yaml, or run the worker with --allow-inline.';
  for (const path of found) report.problem({ path, place: null }, `may not stand in an inline sweep. ${mend}`);
  if (found.length === 0) report.problem(root, `an inline sweep may name nothing to run. ${mend}`);
  return true;
}

/** More would not help anybody, and a failure's message must fit into Temporal's history. */
const MOST = 50;

function createReport(file: string | null): Report {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const locate = (at: Parameters<Report['problem']>[0], message: string): Problem =>
    createProblem(file, at.path, at.place, message);
  return {
    problems,
    warnings,
    problem: (at, message) => void (problems.length < MOST && problems.push(locate(at, message))),
    warn: (at, message) => void (warnings.length < MOST && warnings.push(locate(at, message).text)),
  };
}
