#!/bin/bash
# One task of the array: {{.Per}} of the {{.Units}} units of the plan. Submit with submit.sh.
#SBATCH --job-name=raftlab
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem={{.Memory}}
#SBATCH --time={{.Minutes}}
#SBATCH --output={{.Results}}/logs/%A_%a.log
{{- range .Options}}
#SBATCH {{.}}
{{- end}}
set -u

# The compiler's cache stays on the node: on a shared disk it would be slow.
export GOCACHE="${GOCACHE:-${TMPDIR:-/tmp}/raftlab-go-cache-$(id -un)}"
export GOPROXY="${GOPROXY:-off}" # modules must be in the cache; nodes may have no network

first=${1:?give the first task of this array; submit.sh does}
'{{.Grader}}' shard --plan '{{.Plan}}' --lab '{{.Lab}}' --out '{{.Results}}' \
  --per {{.Per}} --index "$((first + SLURM_ARRAY_TASK_ID))"
status=$?

# A student's failure is status 0; 3 is a plan that does not fit this machine's lab or
# Go. Anything else is the machine's fault: once more, three times at most. What is done is not done again. A node that dies has its
# tasks requeued by Slurm.
if [ "$status" -ne 0 ] && [ "$status" -ne 3 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]; then
  echo "status $status on $(hostname): requeued"
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
fi
exit "$status"
