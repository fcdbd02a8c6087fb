import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must } from './run.mjs';

const child = fileURLToPath(new URL('smoke-child.mjs', import.meta.url));

/** Trains one step in a child process; returns `{ backend, tensorflow, gpu }` or throws with what went wrong. */
export async function smoke(root) {
  const { stdout } = await must(process.execPath, [child, root], {
    cwd: join(root),
    env: { TF_CPP_MIN_LOG_LEVEL: '2' },
    timeoutSeconds: 120,
  });
  const result = JSON.parse(stdout.trim().split('\n').at(-1));
  if (result.backend !== 'tensorflow') throw new Error(`tfjs chose the backend ${result.backend}`);
  if (!result.trained) throw new Error('a training step on libtensorflow did not lower the loss');
  return result;
}
