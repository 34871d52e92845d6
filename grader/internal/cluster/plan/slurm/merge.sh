#!/bin/bash
# Puts the results together when all tasks have ended, however they did. If
# something is missing, it says what, and with which command to do it.
#SBATCH --job-name=raftlab-merge
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem={{.Memory}}
#SBATCH --time=60
#SBATCH --output={{.Results}}/logs/merge-%j.log
{{- range .Options}}
#SBATCH {{.}}
{{- end}}
exec '{{.Grader}}' merge --out '{{.Results}}/merged' '{{.Results}}'
