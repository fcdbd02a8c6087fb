import { existsSync } from 'node:fs';
import { which } from './run.mjs';
import { installPackages, mayInstall } from './system-packages.mjs';

/** What a private one-machine cluster needs. */
const programs = ['munged', 'munge', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scontrol', 'scancel', 'sinfo', 'srun'];

const standIn = 'the local scheduler stands in for it';

/**
 * Returns `{ did, slurm }`: can a private cluster be started here? A cluster that this machine already belongs to is
 * neither used nor touched.
 */
export async function slurm({ wanted = true } = {}) {
  if (!wanted) return { did: `not wanted; ${standIn}`, slurm: false };
  const missing = programs.filter((name) => which(name) === null);
  const cluster = existingCluster();
  const note = cluster ? `. The cluster of ${cluster} is left alone` : '';
  const root = process.getuid?.() === 0;
  if (missing.length === 0) {
    if (root) return { did: `its programs are here, for a private cluster${note}`, slurm: true };
    return { did: `its programs are here, but a private cluster wants root; ${standIn}${note}`, slurm: false };
  }
  if (cluster) return { did: `${standIn}${note}: name it to use it`, slurm: false };
  const allowed = mayInstall();
  if (!allowed.ok) {
    const how = allowed.how('slurm-wlm munge');
    return { did: `${missing.join(', ')} absent and ${allowed.why}; ${standIn}. To have it, ${how}`, slurm: false };
  }
  try {
    await installPackages(['slurm-wlm', 'munge']);
    return { did: 'installed from Debian, for a private cluster', slurm: true };
  } catch (error) {
    return { did: `could not be installed; ${standIn}. ${error.message}`, slurm: false };
  }
}

function existingCluster() {
  if (process.env.SLURM_CONF) return process.env.SLURM_CONF;
  return ['/etc/slurm/slurm.conf', '/etc/slurm-llnl/slurm.conf'].find((file) => existsSync(file)) ?? null;
}

/** What a private cluster needs to keep accounts. */
const accountingPrograms = ['slurmdbd', 'sacctmgr', 'sacct', 'mariadbd'];
const accountingPackages = ['slurmdbd', 'mariadb-server-core'];

/** For tests: a private cluster with accounts and limits. Returns `{ did }`; what cannot be had is no error. */
export async function accounting() {
  const missing = accountingPrograms.filter((name) => which(name) === null);
  if (missing.length === 0) return { did: 'its programs are here' };
  const without = 'tests of accounting are left out';
  const allowed = mayInstall();
  if (!allowed.ok) {
    return {
      did: `${missing.join(', ')} absent and ${allowed.why}; ${without}. To have it, ${allowed.how(accountingPackages.join(' '))}`,
    };
  }
  try {
    await installPackages(accountingPackages);
    return { did: 'installed from Debian' };
  } catch (error) {
    return { did: `could not be installed; ${without}. ${error.message}` };
  }
}
