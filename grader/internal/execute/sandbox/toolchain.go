package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Toolchain is the go command as a sandbox has it: offline, and with the caches
// of this user to read but not to write. What a submission is compiled to is
// then kept nowhere, so that no submission can leave anything in the place of
// what another is built from. Build a tree that is trusted first, outside, with
// the same flags: that fills the cache with what all submissions share.
type Toolchain struct {
	command string
	read    []string
	env     []string
}

// FindToolchain asks the go command where it keeps what.
func FindToolchain(ctx context.Context) (*Toolchain, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "-json", "GOROOT", "GOMODCACHE", "GOCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("cannot run the go command: %w", err)
	}
	var is struct{ GOROOT, GOMODCACHE, GOCACHE string }
	if err := json.Unmarshal(out, &is); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	// A sandbox is shown the folders that are there when it is made, and the first build
	// outside would make these only later. Where they cannot be made, that build says so.
	for _, cache := range []string{is.GOMODCACHE, is.GOCACHE} {
		os.MkdirAll(cache, 0o755)
	}
	t := &Toolchain{command: filepath.Join(is.GOROOT, "bin", "go"), read: System()}
	for _, p := range []string{is.GOROOT, is.GOMODCACHE, is.GOCACHE, "/usr", "/bin", "/etc/alternatives"} {
		if _, err := os.Stat(p); err == nil {
			t.read = append(t.read, p)
		}
	}
	t.env = []string{
		"PATH=" + filepath.Join(is.GOROOT, "bin") + string(os.PathListSeparator) + "/usr/bin" + string(os.PathListSeparator) + "/bin",
		"GOROOT=" + is.GOROOT, "GOMODCACHE=" + is.GOMODCACHE, "GOCACHE=" + is.GOCACHE,
		"GOPROXY=off", "GOSUMDB=off", "GOTOOLCHAIN=local", "GOENV=off", "GOWORK=off", "GOTELEMETRY=off",
		"GOFLAGS=-buildvcs=false -trimpath", // trees in different folders share what they are compiled to
		"GODEBUG=goindex=0",                 // an index of packages is the one thing that must be written to a cache
	}
	// Their defaults differ between the systems that are built for.
	for _, name := range []string{"CGO_ENABLED", "CC"} {
		if value, ok := os.LookupEnv(name); ok {
			t.env = append(t.env, name+"="+value)
		}
	}
	return t, nil
}

// Env is the environment of the go command in a sandbox, but for where it puts
// temporary files, and of builds outside that are to find the same compiler.
func (t *Toolchain) Env() []string { return t.env }

// Spec is a call of the go command in dir, which is in one of the directories
// that it may read. What it makes, it makes in scratch.
func (t *Toolchain) Spec(dir, scratch string, read []string, args ...string) Spec {
	return Spec{
		Args: append([]string{t.command}, args...), Dir: dir,
		Env:  append([]string{"HOME=" + scratch, "TMPDIR=" + scratch, "GOTMPDIR=" + scratch}, t.env...),
		Read: append(append([]string{}, t.read...), read...), Write: []string{scratch},
		Limits: BuildLimits(),
	}
}
