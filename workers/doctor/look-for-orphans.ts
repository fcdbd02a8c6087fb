/** Gathers the facts of {@link findOrphans}: from Temporal, from the scheduler, from the root. Changes nothing. */
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { sweepLayout } from '../../activities/layout.ts';
import { isOwner } from '../../activities/results/owner.ts';
import { readTrials } from '../../activities/results/read-trials.ts';
import type { Scheduler } from '../../activities/scheduler/port.ts';
import { fingerprint, parseToken } from '../../activities/scheduler/token.ts';
import { readEntries } from '../../activities/scheduler/watch.ts';
import type { Identity } from '../../workflows/messages.ts';
import { trialInput } from '../plugin/trial-input.ts';
import { trialKey, type Checkpoints, type LiveTrial, type OrphanFacts, type TrialFate } from './orphans.ts';

/** @throws the client's error when Temporal does not answer: without it nothing can be judged. */
export async function lookForOrphans(client: Client, scheduler: Scheduler, root: string): Promise<OrphanFacts> {
  const { namespace } = client.options;
  const listed = await scheduler.list();
  const jobs = listed.kind === 'answer' ? listed.value : null;
  const entries = await readEntries(root);
  const owners = await readOwners(root);
  const sweeps = new Map<string, Promise<Sweep | null>>();
  const sweepOf = (id: string): Promise<Sweep | null> => {
    const known = sweeps.get(id) ?? describeSweep(client, id);
    sweeps.set(id, known);
    return known;
  };
  const liveTrials: LiveTrial[] = [];
  for await (const { workflowId } of client.workflow.list({
    query: 'WorkflowType="trial" AND ExecutionStatus="Running"',
  })) {
    const input = await trialInput(client, workflowId);
    if (input === null) continue;
    const sweep = await sweepOf(input.identity.sweepId);
    const open = sweep !== null && sweep.open && sweep.firstRunId === input.identity.firstRunId;
    liveTrials.push({ workflowId, number: input.number, identity: input.identity, sweep: open ? 'open' : 'over' });
  }
  const running: Identity[] = [];
  for (const { name } of jobs ?? []) {
    const sweepId = parseToken(name)?.sweepId;
    const sweep = sweepId === undefined ? null : await sweepOf(sweepId);
    if (sweepId !== undefined && sweep !== null) running.push({ namespace, sweepId, firstRunId: sweep.firstRunId });
  }
  const identities = [
    ...owners,
    ...entries.map(({ identity }) => identity),
    ...liveTrials.map(({ identity }) => identity),
    ...running,
  ];
  const checkpoints = await Promise.all(owners.map((owner) => checkpointsOf(root, owner, sweepOf)));
  const facts = { namespace, jobs, entries, liveTrials, identities, checkpoints: checkpoints.flat() };
  return { ...facts, fates: await fatesOf(client, facts) };
}

// --- internal ---

interface Sweep {
  readonly open: boolean;
  readonly firstRunId: string;
}

async function describeSweep(client: Client, id: string): Promise<Sweep | null> {
  const found = await described(client, id);
  const firstRunId = found?.raw.workflowExecutionInfo?.firstRunId ?? found?.runId;
  return found === null || firstRunId === undefined ? null : { open: isOpen(found.status.name), firstRunId };
}

async function described(client: Client, id: string) {
  try {
    return await client.workflow.getHandle(id).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

const isOpen = (status: string): boolean => status === 'RUNNING' || status === 'PAUSED';

/** The trials that a job, a watch entry or a checkpoint names. */
async function fatesOf(client: Client, facts: Omit<OrphanFacts, 'fates'>): Promise<Map<string, TrialFate>> {
  const wanted = new Map<string, { readonly identity: Identity; readonly number: number }>();
  const want = (identity: Identity, number: number): void =>
    void (identity.namespace === facts.namespace && wanted.set(trialKey(identity, number), { identity, number }));
  const byFingerprint = new Map(facts.identities.map((identity) => [fingerprint(identity), identity]));
  for (const { name } of [...(facts.jobs ?? []), ...facts.entries.map(({ token }) => ({ name: token }))]) {
    const token = parseToken(name);
    const identity = token === null ? undefined : byFingerprint.get(token.fingerprint);
    if (token !== null && identity !== undefined) want(identity, token.trial);
  }
  for (const { identity, number } of facts.checkpoints) want(identity, number);
  const live = new Set(facts.liveTrials.map(({ identity, number }) => trialKey(identity, number)));
  const fates = new Map<string, TrialFate>();
  for (const [key, { identity, number }] of wanted) {
    if (live.has(key)) fates.set(key, 'open');
    else fates.set(key, await fateOf(client, identity, number));
  }
  return fates;
}

/** Visibility may lag behind: a trial that runs is looked at itself. */
async function fateOf(client: Client, identity: Identity, number: number): Promise<TrialFate> {
  const workflowId = `${identity.sweepId}/${number}`;
  const found = await described(client, workflowId);
  if (found === null) return 'unknown';
  if (!isOpen(found.status.name)) return 'over';
  const input = await trialInput(client, workflowId);
  return input === null || fingerprint(input.identity) === fingerprint(identity) ? 'open' : 'over';
}

async function readOwners(root: string): Promise<Identity[]> {
  const names = await readdir(root).catch(() => []);
  const owners = await Promise.all(
    names.filter((name) => !name.startsWith('.')).map((name) => readOwner(sweepLayout(root, name).owner)),
  );
  return owners.filter((owner) => owner !== null);
}

async function readOwner(file: string): Promise<Identity | null> {
  try {
    const { namespace, sweepId, firstRunId } = JSON.parse(await readFile(file, 'utf8')) as Partial<Identity>;
    return namespace === undefined || sweepId === undefined || firstRunId === undefined
      ? null
      : { namespace, sweepId, firstRunId };
  } catch {
    return null;
  }
}

/** Only of trials that completed or were pruned and have their best/: those of cancelled and failed ones may be wanted. */
async function checkpointsOf(
  root: string,
  identity: Identity,
  sweepOf: (id: string) => Promise<Sweep | null>,
): Promise<Checkpoints[]> {
  const sweep = await sweepOf(identity.sweepId);
  // A directory that was moved to another name still tells whose jobs there may be, but its files are its user's.
  if (sweep === null || sweep.open || !(await isOwner(root, identity))) return [];
  const layout = sweepLayout(root, identity.sweepId);
  const ended = await readTrials(layout.trials).catch(() => []);
  const all = ended
    .filter(({ state }) => state === 'complete' || state === 'pruned')
    .map(async ({ number }) => {
      const trial = layout.trial(number);
      if ((await readdir(trial.best).catch(() => [])).length === 0) return null;
      const segments = (await readdir(trial.segments).catch(() => [])).filter((name) => /^\d+$/.test(name));
      const paths: string[] = [];
      const seen = new Set<string>();
      let bytes = 0;
      for (const segment of segments) {
        const path = trial.segment(Number(segment)).checkpoints;
        const names = await readdir(path, { recursive: true }).catch(() => null);
        if (names === null) continue;
        paths.push(path);
        for (const name of names) bytes += await ownSize(join(path, name), seen);
      }
      return { workflowId: `${identity.sweepId}/${number}`, identity, number, paths, bytes };
    });
  return (await Promise.all(all)).filter((found) => found !== null);
}

/** A checkpoint that a later segment brought along is the same file under a second name. */
async function ownSize(path: string, seen: Set<string>): Promise<number> {
  const found = await lstat(path).catch(() => null);
  if (found === null || !found.isFile()) return 0;
  const id = `${found.dev}:${found.ino}`;
  if (seen.has(id)) return 0;
  seen.add(id);
  return found.size;
}
