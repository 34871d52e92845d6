#!/bin/bash
# Grades on a cluster that kubectl is set up for, in the namespace that it is set
# to. This script has not been run against a real cluster by those who wrote it: the
# manifests are checked against the published schema of Kubernetes 1.31 alone. Read
# it first. The volume must hold the plan in its folder plan, and a folder results,
# both for the user 65532: how a volume is filled is another thing on each cluster.
set -euo pipefail
cd "$(dirname "$0")"
kubectl apply -f network.yaml -f volume.yaml
if [ "${1:-}" = prepare ]; then
  echo "now copy the plan to the folder plan of the volume raftlab, and make its folder results"
  exit
fi
kubectl delete job raftlab-shards raftlab-merge --ignore-not-found --cascade=foreground --wait
kubectl apply -f job.yaml
until kubectl get job raftlab-shards -o jsonpath='{.status.conditions[*].type}' | grep -qE 'Complete|Failed'; do
  kubectl get job raftlab-shards --no-headers || true # it is only progress
  sleep 30
done
kubectl get job raftlab-shards -o jsonpath='failed tasks: {.status.failedIndexes}{"\n"}'
kubectl apply -f merge.yaml
until kubectl get job raftlab-merge -o jsonpath='{.status.conditions[*].type}' | grep -qE 'Complete|Failed'; do sleep 5; done
kubectl logs job/raftlab-merge
! kubectl get job raftlab-merge -o jsonpath='{.status.conditions[*].type}' | grep -q Failed
