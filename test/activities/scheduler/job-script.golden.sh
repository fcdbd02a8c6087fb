#!/bin/bash
#SBATCH --comment=lr/3.1@0123456789ab
#SBATCH --partition=low
#SBATCH -t 10
# Written by temporal-sweep; a changed copy is overwritten by the next submission.

# First of all the notice of the time limit. A trap runs only between commands: keep this shell waiting.
readonly TEMPORAL_SWEEP_ALLOCATION='/sweeps/lr/trials/3/allocations'/"$SLURM_JOB_ID.${SLURM_RESTART_COUNT:-0}"
trap 'TEMPORAL_SWEEP_WOKEN=1; command -p mkdir -p -m 700 -- "$TEMPORAL_SWEEP_ALLOCATION"; : > "$TEMPORAL_SWEEP_ALLOCATION/notice"' USR1
trap 'TEMPORAL_SWEEP_WOKEN=1' TERM
command -p mkdir -p -m 700 -- "$TEMPORAL_SWEEP_ALLOCATION"
readonly -a TEMPORAL_SWEEP_STEP=("$(type -P srun || echo /usr/bin/srun)" --nodes=1 --ntasks=1 --cpus-per-task="${SLURM_CPUS_PER_TASK:-2}" --input=none)
readonly TEMPORAL_SWEEP_JOB=$SLURM_JOB_ID TEMPORAL_SWEEP_RESTART=${SLURM_RESTART_COUNT-}

(
  trap - USR1 TERM
  trap : URG # bash 5.2 replaces a shell without any trap by the last command of a sourced line like `a; b`
  . '/home/user/it'\''s here/launch.sh'
  set +eu
  export SLURM_JOB_ID=$TEMPORAL_SWEEP_JOB
  if [ -n "$TEMPORAL_SWEEP_RESTART" ]; then export SLURM_RESTART_COUNT=$TEMPORAL_SWEEP_RESTART; else unset SLURM_RESTART_COUNT; fi
  export TEMPORAL_SWEEP_ALLOCATION
  : > "$TEMPORAL_SWEEP_ALLOCATION/launched" || exit
  "${TEMPORAL_SWEEP_STEP[@]}" ${TEMPORAL_SWEEP_STEP_PREFIX[@]+"${TEMPORAL_SWEEP_STEP_PREFIX[@]}"} '/usr/bin/node' '/opt/temporal-sweep/agent.js' '/sweeps/lr/trials/3/submissions/1/job.json'
) &
TEMPORAL_SWEEP_CHILD=$!

# A trapped signal ends `wait` early; a second `wait` for a child that has ended still tells its code.
while TEMPORAL_SWEEP_WOKEN=; wait "$TEMPORAL_SWEEP_CHILD"; TEMPORAL_SWEEP_CODE=$?; [ -n "$TEMPORAL_SWEEP_WOKEN" ]; do :; done

TEMPORAL_SWEEP_WHY="agent died"
if [ ! -e "$TEMPORAL_SWEEP_ALLOCATION/launched" ]; then TEMPORAL_SWEEP_WHY=launch.sh; fi
if [ ! -w "$TEMPORAL_SWEEP_ALLOCATION" ]; then TEMPORAL_SWEEP_WHY="allocation directory not writable"; fi
if [ ! -e "$TEMPORAL_SWEEP_ALLOCATION/ended" ]; then
  '/usr/bin/node' '/opt/temporal-sweep/report-end.js' '/sweeps/lr/trials/3/submissions/1/job.json' "$TEMPORAL_SWEEP_CODE" "$TEMPORAL_SWEEP_WHY"
fi
# A launch.sh that exits 0 has launched nothing: that is no success.
if [ "$TEMPORAL_SWEEP_WHY" != "agent died" ] && [ "$TEMPORAL_SWEEP_CODE" = 0 ]; then exit 1; fi
exit "$TEMPORAL_SWEEP_CODE"
