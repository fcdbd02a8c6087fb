#!/bin/bash
# Optional: how to prepare a node of your cluster. Name it in sweep.yaml as `temporal: {launch: launch.sh}`.
# Leading #SBATCH lines count, but options in sweep.yaml win:
#SBATCH --mem=2G

# Whatever puts the right Node.js on PATH, for example:
#   module load nodejs/20
#   source ~/.nvm/nvm.sh && nvm use 20
# No srun, no trap and no requeue here: the job script that sources this file has them.
