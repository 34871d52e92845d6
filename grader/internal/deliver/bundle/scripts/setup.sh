#!/usr/bin/env bash
# Run once, when the image is built: it brings Go, and compiles what all
# submissions share, so that this costs no submission its time.
set -euo pipefail
. "${AUTOGRADER_ROOT:-/autograder}/source/environment"
cd "$here"
chmod +x autograde run_autograder
{{if .Race}}
# The race detector needs a C compiler.
if ! command -v gcc >/dev/null; then
  apt-get update
  apt-get install -y --no-install-recommends gcc libc6-dev
fi
{{end}}{{if eq .Go "download"}}
if [ ! -x go/bin/go ]; then
  command -v curl >/dev/null || { apt-get update; apt-get install -y --no-install-recommends curl ca-certificates; }
  archive=$(mktemp)
  curl --fail --silent --show-error --location --output "$archive" "${GO_ARCHIVE:-https://go.dev/dl/{{.Archive}}}"
  echo "{{.Sum}}  $archive" | sha256sum --check --quiet
  tar -xzf "$archive"
  rm "$archive"
fi
{{end}}{{if eq .Go "ship"}}
chmod -R u+rwX,go+rX go
chmod +x go/bin/* go/pkg/tool/*/*
{{end}}
go version
cd lab
for package in raft kvraft; do
  go test -c -o /dev/null "./$package"
{{if .Race}}  CGO_ENABLED=1 go test -c -race -gcflags=all=-d=checkptr=0 -o /dev/null "./$package"
{{end}}done
