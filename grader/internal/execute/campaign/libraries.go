package campaign

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
)

// notFetched matches the go command's output about a library that is not in the module
// cache and cannot be downloaded. A submission can make the compiler print the same.
var notFetched = regexp.MustCompile(`module lookup disabled|dial tcp|no such host|missing go\.sum entry|server misbehaving|reading https?://|Get "https?://`)

// fetched returns an error if libraries that the lab needs are not on this machine. It
// lists those of the lab's own test packages, which a submission cannot change, and
// downloads nothing. It names the packages, because a pattern such as raftlab/tests/...
// needs go.mod files that no build fetches.
func (c Campaign) fetched(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-f", "{{.ImportPath}}", "raftlab/tests/rafttest", "raftlab/tests/kvtest")
	cmd.Dir, cmd.Env = c.Dir, append(c.inherited(), "GOPROXY=off")
	out, err := cmd.CombinedOutput()
	if err == nil || ctx.Err() != nil || !notFetched.Match(out) {
		return nil
	}
	cause := ""
	for line := range strings.Lines(string(out)) {
		if notFetched.MatchString(line) {
			cause = strings.TrimSpace(line)
			break
		}
	}
	return fmt.Errorf(`the libraries that the lab needs are not on this machine, and cannot be fetched: %s
Connect it to the network, or name a proxy for modules in GOPROXY, and run
  go build ./... && go test -run '^$' ./...
once at the top of the lab, as the same user and with the same GOMODCACHE. Nothing is fetched after that`, cause)
}
