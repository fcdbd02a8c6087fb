/**
 * The script that SLURM runs: ours, with the user's launch.sh inside. Pure text; `test/activities/scheduler/job-script.golden.sh` is it.
 *
 * - The batch shell does nothing but wait: SIGUSR1 (time limit) becomes the allocation's `notice` file, SIGTERM only interrupts the wait.
 *   It never signals srun: srun answers SIGTERM by killing its task at once.
 * - launch.sh is sourced in a background subshell, so that its `exit`, `set -e`, `exec`, traps and slow commands cannot reach the batch shell.
 *   Without the `launched` marker behind it the launch is lost, whatever the code; without the agent's `ended` marker the end reporter runs.
 * - P14: every value stands single-quoted, and what must outlive launch.sh is a literal or readonly.
 */
import { shellQuote } from './shell-quote.ts';

export interface JobScriptInput {
  /** Absolute path of node. */
  readonly nodePath: string;
  /** Arguments of node before the program, e.g. a loader. Default: none. */
  readonly nodeArguments?: readonly string[];
  /** Absolute path of the agent's entry file; its one argument is `jobFile`. */
  readonly agentPath: string;
  /** Absolute path of the end reporter's entry file; its arguments are `jobFile`, exit code, why. */
  readonly reporterPath: string;
  /** Absolute path of `job.json`. */
  readonly jobFile: string;
  /** Absolute path of the trial's `allocations/`. */
  readonly allocationsDirectory: string;
  /** The user's launch.sh and its leading #SBATCH lines (see `sbatch-lines.ts`); null: none. */
  readonly launch: { readonly path: string; readonly sbatchLines: readonly string[] } | null;
  /** CPUs of the step where SLURM_CPUS_PER_TASK is not set. */
  readonly cpusPerTask: number;
  /** `local`: the step is started by the local scheduler's launcher instead of srun. */
  readonly step: 'srun' | 'local';
  /** The token. Stands in the job's comment unless the user's options use that. Default: none. */
  readonly comment?: string;
}

/** An array that launch.sh may set: words before the agent's command line in the step, e.g. `apptainer exec image.sif`. */
export const STEP_PREFIX = 'TEMPORAL_SWEEP_STEP_PREFIX';

/** Set by the local scheduler: its step launcher. */
export const LOCAL_STEP = 'TEMPORAL_SWEEP_LOCAL_STEP';

export function renderJobScript(input: JobScriptInput): string {
  const node = [input.nodePath, ...(input.nodeArguments ?? [])].map(shellQuote).join(' ');
  const comment = input.comment === undefined ? [] : [`#SBATCH --comment=${input.comment}`];
  const lines = [
    '#!/bin/bash',
    ...comment,
    ...(input.launch?.sbatchLines ?? []),
    '# Written by temporal-sweep; a changed copy is overwritten by the next submission.',
    '',
    '# First of all the notice of the time limit. A trap runs only between commands: keep this shell waiting.',
    `readonly TEMPORAL_SWEEP_ALLOCATION=${shellQuote(input.allocationsDirectory)}/"$SLURM_JOB_ID.\${SLURM_RESTART_COUNT:-0}"`,
    `trap 'TEMPORAL_SWEEP_WOKEN=1; command -p mkdir -p -m 700 -- "$TEMPORAL_SWEEP_ALLOCATION"; : > "$TEMPORAL_SWEEP_ALLOCATION/notice"' USR1`,
    `trap 'TEMPORAL_SWEEP_WOKEN=1' TERM`,
    'command -p mkdir -p -m 700 -- "$TEMPORAL_SWEEP_ALLOCATION"',
    ...step(input),
    'readonly TEMPORAL_SWEEP_JOB=$SLURM_JOB_ID TEMPORAL_SWEEP_RESTART=${SLURM_RESTART_COUNT-}',
    '',
    '(',
    '  trap - USR1 TERM',
    '  trap : URG # bash 5.2 replaces a shell without any trap by the last command of a sourced line like `a; b`',
    ...setUp(input.launch),
    '  set +eu',
    '  export SLURM_JOB_ID=$TEMPORAL_SWEEP_JOB',
    '  if [ -n "$TEMPORAL_SWEEP_RESTART" ]; then export SLURM_RESTART_COUNT=$TEMPORAL_SWEEP_RESTART; else unset SLURM_RESTART_COUNT; fi',
    '  export TEMPORAL_SWEEP_ALLOCATION',
    '  : > "$TEMPORAL_SWEEP_ALLOCATION/launched" || exit',
    `  "\${TEMPORAL_SWEEP_STEP[@]}" \${${STEP_PREFIX}[@]+"\${${STEP_PREFIX}[@]}"} ${node} ${shellQuote(input.agentPath)} ${shellQuote(input.jobFile)}`,
    ') &',
    'TEMPORAL_SWEEP_CHILD=$!',
    '',
    '# A trapped signal ends `wait` early; a second `wait` for a child that has ended still tells its code.',
    'while TEMPORAL_SWEEP_WOKEN=; wait "$TEMPORAL_SWEEP_CHILD"; TEMPORAL_SWEEP_CODE=$?; [ -n "$TEMPORAL_SWEEP_WOKEN" ]; do :; done',
    '',
    'TEMPORAL_SWEEP_WHY="agent died"',
    `if [ ! -e "$TEMPORAL_SWEEP_ALLOCATION/launched" ]; then TEMPORAL_SWEEP_WHY=${input.launch === null ? '"allocation directory not writable"' : 'launch.sh'}; fi`,
    'if [ ! -w "$TEMPORAL_SWEEP_ALLOCATION" ]; then TEMPORAL_SWEEP_WHY="allocation directory not writable"; fi',
    'if [ ! -e "$TEMPORAL_SWEEP_ALLOCATION/ended" ]; then',
    `  ${node} ${shellQuote(input.reporterPath)} ${shellQuote(input.jobFile)} "$TEMPORAL_SWEEP_CODE" "$TEMPORAL_SWEEP_WHY"`,
    'fi',
    '# A launch.sh that exits 0 has launched nothing: that is no success.',
    'if [ "$TEMPORAL_SWEEP_WHY" != "agent died" ] && [ "$TEMPORAL_SWEEP_CODE" = 0 ]; then exit 1; fi',
    'exit "$TEMPORAL_SWEEP_CODE"',
  ];
  return lines.join('\n') + '\n';
}

function setUp(launch: JobScriptInput['launch']): string[] {
  return launch === null ? [] : [`  . ${shellQuote(launch.path)}`];
}

/** srun is looked up before launch.sh runs, and called by its absolute path. From 22.05 on it does not inherit --cpus-per-task. */
function step(input: JobScriptInput): string[] {
  if (input.step === 'local') return [`readonly -a TEMPORAL_SWEEP_STEP=("$${LOCAL_STEP}")`];
  return [
    `readonly -a TEMPORAL_SWEEP_STEP=("$(type -P srun || echo /usr/bin/srun)" --nodes=1 --ntasks=1 --cpus-per-task="\${SLURM_CPUS_PER_TASK:-${input.cpusPerTask}}" --input=none)`,
  ];
}
