import { describe } from 'vitest';
import { schedulerContract } from '../contract.ts';
import { openBench } from './support.ts';

describe('the scheduler contract on the local scheduler', { timeout: 60_000 }, () => {
  schedulerContract(async () => {
    const { scheduler, directory, close } = await openBench({ nodes: 2, cpusPerNode: 1 });
    return {
      scheduler,
      directory,
      startStep: '"$TEMPORAL_SWEEP_LOCAL_STEP" bash -c "$STEP" &',
      limit: { time: '0:02', leadSeconds: 1, patienceMs: 15_000 },
      stop: close,
    };
  });
});
