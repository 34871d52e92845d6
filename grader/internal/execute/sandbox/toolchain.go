package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Toolchain is the go command in a sandbox: it is offline, and may read the caches of this
// user but not write to them. So the results of compiling a submission are not cached, and
// no submission can change what another is built from. Build a trusted tree outside first,
// with the same flags: this fills the cache with everything that submissions share.
type Toolchain struct {
	command string
	read    []string
	env     []string
}

// FindToolchain asks the go command for its directories.
func FindToolchain(ctx context.Context) (*Toolchain, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "-json", "GOROOT", "GOMODCACHE", "GOCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("cannot run the go command: %w", err)
	}
	var is struct{ GOROOT, GOMODCACHE, GOCACHE string }
	if err := json.Unmarshal(out, &is); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	// A sandbox shows the directories that exist when it is created, and the first build
	// outside would create these only later. If they cannot be created here, that build
	// reports the error.
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
		"GOFLAGS=-buildvcs=false -trimpath", // trees in different folders share compiled packages
		"GODEBUG=goindex=0",                 // the index of packages is the only thing that go must write to a cache
	}
	// The defaults of these variables differ between target systems.
	for _, name := range []string{"CGO_ENABLED", "CC"} {
		if value, ok := os.LookupEnv(name); ok {
			t.env = append(t.env, name+"="+value)
		}
	}
	return t, nil
}

// Env returns the environment of the go command in a sandbox, without the directory for
// temporary files. Builds outside that must find the same compiler use it too.
func (t *Toolchain) Env() []string { return t.env }

// Spec returns a call of the go command in dir, which must be in one of the directories
// that it may read. The command writes only to scratch.
func (t *Toolchain) Spec(dir, scratch string, read []string, args ...string) Spec {
	return Spec{
		Args: append([]string{t.command}, args...), Dir: dir,
		Env:  append([]string{"HOME=" + scratch, "TMPDIR=" + scratch, "GOTMPDIR=" + scratch}, t.env...),
		Read: append(append([]string{}, t.read...), read...), Write: []string{scratch},
		Limits: BuildLimits(),
	}
}
