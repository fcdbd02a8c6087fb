/** Claims a sweep's directory for one identity. Another identity's directory is never touched. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, link, mkdir, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hostname } from 'node:os';
import type { Identity } from '../../workflows/messages.ts';
import { syncDirectory, writeDurably } from '../files.ts';
import { sweepLayout } from '../layout.ts';

export type ClaimResult =
  | { readonly ok: true; readonly directory: string; readonly created: boolean }
  /** Someone else's; the message says whose and how to mend. */
  | { readonly ok: false; readonly kind: 'taken'; readonly message: string }
  /** The operating system said no, in its own words; or the sweep's id is no directory name. */
  | { readonly ok: false; readonly kind: 'unusable'; readonly message: string };

interface Owner extends Identity {
  readonly version: 1;
  readonly claimed: string;
  readonly host: string;
}

/** Idempotent for the same identity. `root` is made where it is missing. */
export async function claimDirectory(root: string, identity: Identity): Promise<ClaimResult> {
  const { sweepId } = identity;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(sweepId)) {
    const allowed = 'A letter or digit first, then letters, digits, ".", "_" and "-", at most 128 in all';
    return {
      ok: false,
      kind: 'unusable',
      message: `The workflow id ${JSON.stringify(sweepId)} cannot name a directory. ${allowed}.`,
    };
  }
  const { directory, owner } = sweepLayout(root, sweepId);
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await mkdir(directory, { mode: 0o700 }).catch(tolerate('EEXIST'));
    const before = await readFile(owner, 'utf8').catch(tolerate('ENOENT'));
    if (before === undefined) {
      // An earlier claim that was torn; file servers' own .snapshot and .nfs… names.
      const foreign = (await readdir(directory)).filter((name) => !/^(owner\.json|\.)/.test(name));
      if (foreign.length > 0) return taken(directory, `holds ${foreign[0]} but no owner.json, so it is no sweep's`);
    }
    const created = before === undefined && (await create(directory, owner, identity));
    const objection = created ? null : judge(await readFile(owner, 'utf8'), identity);
    if (objection !== null) return taken(directory, objection);
    await access(directory, constants.W_OK | constants.X_OK);
    return { ok: true, directory, created };
  } catch (error) {
    const message = `${directory} cannot be used: ${error instanceof Error ? error.message : String(error)}. Choose another --root, or mend its permissions.`;
    return { ok: false, kind: 'unusable', message };
  }
}

/** False when the directory has another owner, or none: it was moved away, or is another sweep's by now. */
export async function isOwner(root: string, identity: Identity): Promise<boolean> {
  const text = await readFile(sweepLayout(root, identity.sweepId).owner, 'utf8').catch(tolerate('ENOENT'));
  return text !== undefined && judge(text, identity) === null;
}

/** False when another was faster. A link appears whole or not at all; O_EXCL alone could leave a torn file. */
async function create(directory: string, owner: string, identity: Identity): Promise<boolean> {
  const content: Owner = { version: 1, ...identity, claimed: new Date().toISOString(), host: hostname() };
  const text = `${JSON.stringify(content, null, 2)}\n`;
  const temporary = join(directory, `owner.json.${randomBytes(6).toString('hex')}`);
  await writeDurably(temporary, text);
  try {
    await link(temporary, owner);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // A file system without hard links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    if ((await writeDurably(owner, text).catch(tolerate('EEXIST', 'taken'))) === 'taken') return false;
  } finally {
    await unlink(temporary).catch(tolerate('ENOENT'));
  }
  await syncDirectory(directory);
  return true;
}

/** Null when the directory is ours. */
function judge(text: string, identity: Identity): string | null {
  let owner: Partial<Owner>;
  try {
    owner = JSON.parse(text) as Partial<Owner>;
  } catch {
    return 'has an owner.json that is not JSON';
  }
  const { namespace, sweepId, firstRunId } = identity;
  if (owner.namespace === namespace && owner.sweepId === sweepId && owner.firstRunId === firstRunId) return null;
  const whose = `sweep ${owner.sweepId}, namespace ${owner.namespace}, first run ${owner.firstRunId}`;
  return `belongs to another sweep (${whose}, claimed ${owner.claimed} on ${owner.host}); this one's first run is ${firstRunId}`;
}

function taken(directory: string, why: string): ClaimResult {
  const mend = 'Start the sweep with another workflow id, or move that directory away if its results are not needed';
  return { ok: false, kind: 'taken', message: `${directory} ${why}. ${mend}: mv ${directory} ${directory}.old` };
}

function tolerate<T = undefined>(code: string, instead?: T) {
  return (error: NodeJS.ErrnoException): T | undefined => {
    if (error.code === code) return instead;
    throw error;
  };
}
