/** Debian packages, installed only as root on Debian or Ubuntu, and never when TEMPORAL_SWEEP_NO_INSTALL is set. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { say } from './log.mjs';
import { must, run } from './run.mjs';

const POLICY = '/usr/sbin/policy-rc.d';

/** `{ ok: true }`, or `{ ok: false, why, how(packages) }` with the sentence that tells how to mend it by hand. */
export function mayInstall() {
  const no = (why, how = (packages) => `ask for the packages ${packages} to be installed`) => ({ ok: false, why, how });
  if (!existsSync('/etc/debian_version')) return no('this is neither Debian nor Ubuntu');
  const byHand = (packages) => `run: sudo apt-get install --no-install-recommends ${packages}`;
  if (process.env.TEMPORAL_SWEEP_NO_INSTALL) return no('TEMPORAL_SWEEP_NO_INSTALL is set', byHand);
  if (process.getuid?.() !== 0) return no('set-up does not run as root', byHand);
  return { ok: true };
}

let queue = Promise.resolve();

/** Installs Debian packages, one call after the other: apt allows a single one. What would remove another (MariaDB beside MySQL) fails. */
export function installPackages(packages) {
  const next = queue.then(() => install(packages));
  queue = next.catch(() => {});
  return next;
}

async function install(packages) {
  say(`installing Debian packages: ${packages.join(' ')} (TEMPORAL_SWEEP_NO_INSTALL=1 refuses that)`);
  const args = [
    'install',
    '-y',
    '-q',
    '--no-install-recommends',
    '--no-remove',
    '-o',
    'DPkg::Lock::Timeout=120',
    ...packages,
  ];
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const restore = withholdServices();
  try {
    if ((await run('apt-get', args, { env })).code === 0) return;
    // Package lists may be absent or old: only then is it worth the time.
    await must('apt-get', ['update', '-q'], { env });
    await must('apt-get', args, { env });
  } finally {
    restore();
  }
}

/**
 * Debian starts daemons on installation; a private cluster wants none of them. A policy that speaks only while this
 * process lives, and only of these services, is inert even if a crash leaves it behind.
 */
function withholdServices() {
  const mark = '# temporal-sweep set-up';
  if (existsSync(POLICY) && !readFileSync(POLICY, 'utf8').includes(mark)) return () => {};
  const script = `#!/bin/sh
${mark}: do not start these while process ${process.pid} installs them. May be deleted.
case "$1" in munge*|slurm*) kill -0 ${process.pid} 2>/dev/null && exit 101 ;; esac
exit 0
`;
  writeFileSync(POLICY, script, { mode: 0o755 });
  const remove = () => rmSync(POLICY, { force: true });
  process.once('exit', remove);
  return () => {
    process.off('exit', remove);
    remove();
  };
}
