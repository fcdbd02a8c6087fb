/** A local scheduler of its own in a temporary directory, and short-hands for jobs of bash. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job, JobRequest, Scheduler } from '../../../../activities/scheduler/port.ts';
import { birth } from '../../../../activities/scheduler/local/processes.ts';
import { createLocalScheduler } from '../../../../activities/scheduler/local/scheduler.ts';
import { startLocalDaemon } from '../../../../activities/scheduler/local/start-daemon.ts';
import type { LocalDaemon, LocalDaemonOptions } from '../../../../activities/scheduler/local/start-daemon.ts';

export interface Bench {
  readonly directory: string;
  readonly scheduler: Scheduler;
  daemon(): LocalDaemon;
  /** Starts the daemon again on its state. */
  restart(): Promise<void>;
  /** @returns the job id. */
  submit(name: string, script: string, options?: JobRequest['options'], leadSeconds?: number): Promise<string>;
  show(jobId: string): Promise<Job>;
  until(jobId: string, check: (job: Job) => boolean): Promise<Job>;
  output(name: string): Promise<string>;
  untilOutput(name: string, text: string): Promise<void>;
  close(): Promise<void>;
}

export async function openBench(options: Omit<LocalDaemonOptions, 'directory'> = {}): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'local-'));
  const state = join(directory, 'state');
  const start = () =>
    startLocalDaemon({ directory: state, nodes: 1, graceSeconds: 1, killWaitSeconds: 0.5, ...options });
  let daemon = await start();
  const scheduler = createLocalScheduler({ socket: daemon.socket });

  async function show(jobId: string): Promise<Job> {
    const shown = await scheduler.show(jobId);
    if (shown.kind !== 'answer' || shown.value === null) throw new Error(`job ${jobId}: ${JSON.stringify(shown)}`);
    return shown.value;
  }
  async function until<T>(look: () => Promise<T>, check: (value: T) => boolean): Promise<T> {
    const end = Date.now() + 15_000;
    for (;;) {
      const value = await look();
      if (check(value)) return value;
      if (Date.now() > end) throw new Error(`waited in vain; last seen: ${JSON.stringify(value)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const output = (name: string) => readFile(join(directory, `${name}.log`), 'utf8').catch(() => '');

  return {
    directory,
    scheduler,
    daemon: () => daemon,
    async restart() {
      daemon = await start();
    },
    async submit(name, script, given = {}, leadSeconds = 1) {
      const path = join(directory, `${name}.sh`);
      await writeFile(path, `#!/bin/bash\n${script}\n`);
      const paths = { script: path, directory, output: join(directory, `${name}.log`) };
      const result = await scheduler.submit({ name, ...paths, options: given, leadSeconds });
      if (result.kind !== 'submitted') throw new Error(JSON.stringify(result));
      return result.jobId;
    },
    show,
    until: (jobId, check) => until(() => show(jobId), check),
    output,
    async untilOutput(name, text) {
      await until(
        () => output(name),
        (all) => all.includes(text),
      );
    },
    async close() {
      await daemon.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A batch shell as ours: it traps, and waits for a step that says what it hears. */
export const STEPPED = `
trap 'echo shell-usr1; woken=1' USR1
trap 'woken=1' TERM
echo "shell $SLURM_JOB_ID.\${SLURM_RESTART_COUNT-unset} $SLURM_JOB_NAME $SLURMD_NODENAME"
"$TEMPORAL_SWEEP_LOCAL_STEP" bash -c "$STEP" &
child=$!
while woken=; wait "$child"; code=$?; [ -n "$woken" ]; do :; done
exit "$code"`;

/** The same with the step's program written out. */
export const stepped = (step: string): string => `STEP=$(cat <<'STEP_END'\n${step}\nSTEP_END\n)${STEPPED}`;

/** Zombies, which wait for a process 1 that buries them, do not count. */
export const alive = async (pid: number): Promise<boolean> => (await birth(pid)) !== null;
