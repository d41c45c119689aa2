#!/bin/bash
# The work of campaign @CAMPAIGN@: @PROJECTS@ projects to @TEMPLATE@ @VERSION@, in @SHARDS@ shards.
#
# Submit it with `sbatch` in the folder of the plan, which every node has at the same path.
# To go on later, submit it again: a project that has its result is skipped.
#
#SBATCH --job-name=launchway-@CAMPAIGN@
#SBATCH --array=0-@LAST@
#SBATCH --cpus-per-task=1
#SBATCH --time=01:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=launchway-@CAMPAIGN@-%a.log

set -u

most_restarts=5

launchway fleet work @PLAN_IN_SHELL@ --results @RESULTS_IN_SHELL@ --shard-from-env --jobs "${SLURM_CPUS_PER_TASK:-1}"
code=$?

# 75: something was in the way that may be gone later. Every other code would be the same the next time.
if [ "$code" -eq 75 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt "$most_restarts" ]; then
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
