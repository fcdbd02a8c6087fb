/** How fast this machine trains: the example's script by itself, for a few epochs. */
import { execa } from 'execa';

const EPOCHS = 6;

export interface Speed {
  readonly secondsPerEpoch: number;
  /** The script's own first line: backend, examples, batches per epoch. */
  readonly backend: string;
}

/** @throws Error with the end of what the script said, when it fails. */
export async function measureSpeed(program: string, directory: string, signal: AbortSignal): Promise<Speed> {
  const threads = { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1', OMP_NUM_THREADS: '1' };
  const args = ['--import', import.meta.resolve('tsx'), program, `--epochs=${EPOCHS}`];
  const result = await execa(process.execPath, args, {
    cwd: directory,
    env: threads,
    stdin: 'ignore',
    reject: false,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (result.exitCode !== 0) throw new Error(`the training script failed by itself:\n${result.stderr.slice(-1_500)}`);
  return readSpeed(result.stdout);
}

/** Without the first epoch, which warms up. @throws Error when the text shows no epochs. */
export function readSpeed(output: string): Speed {
  const seconds = [...output.matchAll(/^epoch \d+\/\d+ .* (\d+(?:\.\d+)?) s$/gm)].map((match) => Number(match[1]));
  const later = seconds.slice(1);
  if (later.length === 0) throw new Error(`the training script told of no epochs:\n${output.slice(-500)}`);
  const secondsPerEpoch = Math.max(0.02, later.reduce((sum, value) => sum + value, 0) / later.length);
  return { secondsPerEpoch, backend: /^backend .*$/m.exec(output)?.[0] ?? 'backend unknown' };
}
