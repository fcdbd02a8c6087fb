/** `temporal sweep doctor --orphans`: lists, and ends what it is told to. */
import type { Scheduler } from '../../activities/scheduler/port.ts';
import { connect } from '../cli/connect.ts';
import { endOrphan } from './end-orphans.ts';
import { lookForOrphans } from './look-for-orphans.ts';
import { findOrphans, type Orphan } from './orphans.ts';
import { describeOrphan } from './render.ts';

export interface OrphansOptions {
  readonly root: string;
  readonly scheduler: Scheduler;
  /** Ends trials and jobs, forgets watch entries. */
  readonly cancel: boolean;
  /** Deletes checkpoints. */
  readonly remove: boolean;
  readonly json: boolean;
  readonly print: (text: string) => void;
}

/** @returns the exit code: 1 when something is left that could be ended. @throws CommandError when no server answers. */
export async function orphans(options: OrphansOptions): Promise<number> {
  const { root, scheduler, json, print } = options;
  const { client, close } = await connect();
  try {
    const facts = await lookForOrphans(client, scheduler, root);
    const found = findOrphans(facts);
    const report: { readonly orphan: Orphan; readonly done: string }[] = [];
    for (const orphan of found) {
      const ends = isWanted(orphan, options);
      report.push({ orphan, done: ends ? await endOrphan({ client, scheduler, root }, orphan) : advice(orphan) });
    }
    const note = facts.jobs === null ? ['! the scheduler does not answer: nothing is said of jobs'] : [];
    const lines = report.map(({ orphan, done }) => `${describeOrphan(orphan)}: ${orphan.why}; ${done}`);
    if (json) print(JSON.stringify(report, null, 2));
    else print([...note, ...(lines.length === 0 ? ['nothing is left behind'] : lines)].join('\n'));
    const left = report.some(({ orphan, done }) => /^(trial|job|watch)$/.test(orphan.kind) && !ENDED.has(done));
    return left || facts.jobs === null ? 1 : 0;
  } finally {
    await close();
  }
}

const ENDED = new Set(['cancelled', 'already over', 'forgotten']);

const isWanted = ({ kind }: Orphan, { cancel, remove }: OrphansOptions): boolean =>
  kind === 'checkpoints' ? remove : cancel && kind !== 'stranger';

function advice(orphan: Orphan): string {
  switch (orphan.kind) {
    case 'checkpoints':
      return '--remove deletes them';
    case 'stranger':
      return `left alone; if it is nobody's: scancel ${orphan.jobId}`;
    default:
      return '--cancel ends it';
  }
}
