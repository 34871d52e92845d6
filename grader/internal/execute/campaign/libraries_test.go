package campaign

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/tests/clock"
)

// TestLibrariesThatCannotBeFetched checks that missing libraries are not charged to the
// program. A program that does not compile may print the same messages.
func TestLibrariesThatCannotBeFetched(t *testing.T) {
	lab, err := filepath.Abs("../../../..")
	require.NoError(t, err)
	c := Campaign{Dir: lab, Procs: 1, Clock: clock.Virtual, Deliver: Mixed, Cases: []Case{{Package: "raft"}}}

	forged := filepath.Join(t.TempDir(), "log.go")
	require.NoError(t, os.WriteFile(forged, []byte("package raft\n\nvar x int = \"dial tcp: no such host, module lookup disabled\"\n"), 0o644))
	c.Replace = map[string]string{filepath.Join(lab, "raft", "log.go"): forged}
	_, err = c.Build(t.Context())
	var broken *BuildError
	require.True(t, errors.As(err, &broken), "%v", err)

	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-modcacherw")
	t.Setenv("GOPROXY", "off")
	c.Replace = nil
	_, err = c.Build(t.Context())
	require.False(t, errors.As(err, &broken), "%v", err)
	require.ErrorContains(t, err, "libraries that the lab needs are not on this machine")
	require.ErrorContains(t, err, "go build ./...")
}
