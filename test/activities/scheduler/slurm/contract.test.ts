import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { createSlurmScheduler } from '../../../../activities/scheduler/slurm/scheduler.ts';
import { findExecutable } from '../../../../workers/stack/executables.ts';
import { startSlurmCluster } from '../../../../workers/stack/slurm-cluster.ts';
import { schedulerContract } from '../contract.ts';

const available = process.getuid?.() === 0 && findExecutable('slurmctld') !== null && findExecutable('munged') !== null;

describe.runIf(available)('the scheduler contract on SLURM', { timeout: 120_000 }, () => {
  schedulerContract(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'contract-'));
    const cluster = await startSlurmCluster({
      directory: join(directory, 'slurm'),
      nodes: 2,
      cpusPerNode: 1,
      graceSeconds: 2,
      killWaitSeconds: 1,
    });
    return {
      scheduler: createSlurmScheduler({ environment: { ...process.env, ...cluster.environment } }),
      directory,
      startStep: 'srun --input=none bash -c "$STEP" &',
      // One minute is its least limit, and it looks every half minute: asked for late, the notice comes early enough.
      limit: { time: '1', leadSeconds: 30, patienceMs: 110_000 },
      stop: async () => {
        await cluster.stop();
        await rm(directory, { recursive: true, force: true });
      },
    };
  });
});
