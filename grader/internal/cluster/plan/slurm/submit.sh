#!/bin/bash
# Submits {{.Tasks}} tasks in {{len .Arrays}} of Slurm's job arrays, each within MaxArraySize
# ({{.MaxArray}}; see scontrol show config), and the job that merges what they leave. To
# submit some tasks again: submit.sh 17,23-25
set -euo pipefail
mkdir -p '{{.Results}}/logs'
here='{{.Plan}}/slurm'
jobs=()
submit() { # FIRST TASKS
  jobs+=("$(sbatch --parsable --array="$2{{if .AtOnce}}%{{.AtOnce}}{{end}}" "$here/array.sh" "$1" | cut -d';' -f1)")
}
if [ $# -gt 0 ]; then
  for range in ${1//,/ }; do
    for ((task = ${range%-*}; task <= ${range#*-}; task++)); do submit "$task" 0; done
  done
else
{{- range .Arrays}}
  submit {{.First}} 0-{{.Last}}
{{- end}}
fi
after=$(IFS=:; echo "${jobs[*]}")
merge=$(sbatch --parsable --dependency="afterany:$after" "$here/merge.sh" | cut -d';' -f1)
echo "submitted ${jobs[*]}, and $merge to merge into {{.Results}}/merged"
