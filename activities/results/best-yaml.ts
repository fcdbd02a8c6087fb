/** `best.yaml`: a sweep.yaml that trains the best hyperparameters once more. Pure. */
import { Document, isScalar, visit } from 'yaml';
import type { Json, TrialEnded } from '../../workflows/messages.ts';
import { onlyActive } from '../sweep-config/conditions.ts';
import type { ResolvedSweep, TemporalOptions } from '../sweep-config/resolved-sweep.ts';
import { RETRY_CLASSES } from '../sweep-config/retries.ts';
import { flatten, NESTED } from '../sweep-config/space.ts';

/** Paths in it are absolute, so that it may be moved. */
export function toBestYaml(sweep: ResolvedSweep, best: TrialEnded): string {
  const { identity, name, metric, program, command, temporal } = sweep;
  const document = new Document({
    ...(name !== null && { name: `${name}, best` }),
    ...(program !== null && { program }),
    command: [...command],
    ...(metric !== null && { metric: { name: metric.name, goal: metric.goal } }),
    ...(sweep.metrics.length > 0 && { metrics: sweep.metrics.map((objective) => ({ ...objective })) }),
    method: 'random',
    run_cap: 1,
    parameters: parametersOf(sweep, best),
    temporal: temporalKeys(temporal),
  });
  const floats = new Set(sweep.floats.map((float) => JSON.stringify(pathOf(float))));
  visit(document, {
    Scalar(_, scalar, ancestors) {
      if (typeof scalar.value !== 'number' || !Number.isInteger(scalar.value)) return;
      const keys = ancestors.flatMap((node) => ('key' in node && isScalar(node.key) ? [String(node.key.value)] : []));
      // 5.0 must not come back as the integer 5.
      if (floats.has(JSON.stringify(keys.slice(0, keys.indexOf('value') + 1)))) scalar.minFractionDigits = 1;
    },
  });
  const objective = best.objective === null ? '' : `, ${metric?.name ?? 'objective'} ${best.objective}`;
  document.commentBefore = ` Trial ${best.number} of sweep ${identity.sweepId}${objective}.`.replaceAll(/\s+/g, ' ');
  return document.toString({ lineWidth: 0 });
}

const pathOf = (name: string): string[] => [
  'parameters',
  ...name.split(NESTED).flatMap((key, level) => (level === 0 ? [key] : ['parameters', key])),
  'value',
];

function parametersOf(sweep: ResolvedSweep, best: TrialEnded): Json {
  interface Group {
    [name: string]: { value: Json } | { parameters: Group };
  }
  const root: Group = {};
  for (const [name, value] of onlyActive(sweep.conditions, flatten(sweep.space, best.hyperparameters))) {
    const keys = name.split(NESTED);
    const last = keys.pop()!;
    let group = root;
    for (const key of keys) {
      const inner = Object.hasOwn(group, key) ? group[key] : undefined;
      const next = inner !== undefined && 'parameters' in inner ? inner.parameters : {};
      group[key] = { parameters: next };
      group = next;
    }
    group[last] = { value };
  }
  return root as Json;
}

function retryKeys(retries: TemporalOptions['retries']): { [key: string]: Json } {
  if (retries === undefined) return {};
  return Object.fromEntries(
    Object.entries(RETRY_CLASSES).map(([key, name]) => {
      const { times, backoffSeconds, excludeNode } = retries[name];
      return [key, { times, backoff: backoffSeconds, exclude_node: excludeNode }];
    }),
  );
}

function temporalKeys(temporal: TemporalOptions): Json {
  return {
    seed: temporal.seed,
    concurrency: 1,
    ...(Object.keys(temporal.slurm).length > 0 && { slurm: temporal.slurm }),
    ...(temporal.launch !== null && { launch: temporal.launch }),
    requeue: temporal.requeue,
    ...(temporal.leadSeconds !== null && { lead_time: temporal.leadSeconds }),
    retries: {
      ...retryKeys(temporal.retries),
      lost_launches: temporal.lostLaunches,
      stalled_segments: temporal.stalledSegments,
    },
    heartbeat_timeout: temporal.heartbeatSeconds,
    checkpoint_every: temporal.checkpointSeconds,
    ...(temporal.checkpointBytes !== null && { checkpoint_budget: temporal.checkpointBytes }),
  };
}
