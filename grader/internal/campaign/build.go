package campaign

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Binary is a built submission, in a directory of its own.
type Binary struct {
	dir  string
	path string
}

// Remove deletes it.
func (b *Binary) Remove() { os.RemoveAll(b.dir) }

// BuildError says that a submission does not compile, in the compiler's words.
type BuildError struct {
	Dir    string
	Output string
}

func (e *BuildError) Error() string {
	return fmt.Sprintf("%s does not build:\n%s", e.Dir, strings.TrimRight(e.Output, "\n"))
}

// Build compiles the tests of the package raft below Dir.
func (c Campaign) Build(ctx context.Context) (*Binary, error) {
	dir, err := os.MkdirTemp("", "raftlab-grader-")
	if err != nil {
		return nil, err
	}
	b := &Binary{dir: dir, path: filepath.Join(dir, "raft.test")}
	if runtime.GOOS == "windows" {
		b.path += ".exe"
	}
	args := []string{"test", "-c", "-o", b.path}
	if c.Mode == Race {
		args = append(args, "-race")
	}
	cmd := exec.CommandContext(ctx, "go", append(args, ".")...)
	cmd.Dir = filepath.Join(c.Dir, "raft")
	out, err := cmd.CombinedOutput()
	if err == nil {
		if _, err = os.Stat(b.path); err != nil {
			out = []byte("it has no tests: raft_test.go is missing. Copy it from a fresh tree of the lab.")
		}
	}
	if err != nil {
		b.Remove()
		if ctx.Err() != nil {
			return nil, fmt.Errorf("interrupted while building %s", cmd.Dir)
		}
		if len(out) == 0 {
			return nil, fmt.Errorf("cannot run the go command: %w", err)
		}
		return nil, &BuildError{cmd.Dir, string(out)}
	}
	return b, nil
}
