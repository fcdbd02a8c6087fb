/** Process start → first batch trained, as an agent starts the trainer, and as Python starts Keras. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compiled, packageRoot } from '../../workers/package-root.ts';
import { withNodeOptions } from '../../workers/agent/command.ts';
import { startTrainer } from '../../workers/agent/trainer-process.ts';

const moduleOf = (name: string): string => pathToFileURL(compiled(`trainer/${name}`)).href;

/** @returns milliseconds */
export async function firstBatchOfOurs(environment: NodeJS.ProcessEnv): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'first-batch-'));
  const [trialFile, segment] = [join(directory, 'trial.json'), join(directory, 'segment')];
  await writeFile(trialFile, JSON.stringify({ number: 1, hyperparameters: {}, seed: 0, environment: {} }));
  await mkdir(segment);
  const example = join(packageRoot(), 'examples/mnist');
  const command = withNodeOptions(['node', 'train.ts'], example, {
    signals: moduleOf('signals'),
    preload: moduleOf('preload'),
    typescript: moduleOf('typescript'),
    tsx: import.meta.resolve('tsx'),
  });
  const since = performance.now();
  const trainer = startTrainer(command, example, { ...environment, TEMPORAL_SWEEP_TRIAL: trialFile });
  try {
    return await new Promise<number>((resolve, reject) => {
      trainer.subscribe(({ type }) => {
        if (type === 'ready') trainer.send({ type: 'grant', segment: 1, directory: segment, resume: null });
        // The first report is that of the first batch.
        if (type === 'progress') resolve(performance.now() - since);
      });
      void trainer.end.then((end) => reject(new Error(`the trainer ended before a batch: ${JSON.stringify(end)}`)));
    });
  } finally {
    await trainer.kill();
    await rm(directory, { recursive: true, force: true });
  }
}

/** @returns milliseconds */
export function firstBatchOfKeras(command: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const since = performance.now();
  const child = spawn(command[0]!, command.slice(1), { env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
  return new Promise((resolve, reject) => {
    child.stdout.once('data', () => resolve(performance.now() - since));
    child.once('close', (code) => reject(new Error(`Keras ended with ${code} before a batch`)));
  });
}
