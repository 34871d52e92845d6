package sandbox

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test program go into the sandbox, and be what runs there.
func TestMain(m *testing.M) {
	Helper()
	if len(os.Args) > 1 && os.Args[1] == "misbehave" {
		misbehave(os.Args[2])
		return
	}
	os.Exit(m.Run())
}

// misbehave is the program that the tests run.
func misbehave(how string) {
	switch how {
	case "print":
		fmt.Println("printed")
	}
}

func run(t *testing.T, s *Sandbox, how string, limits Limits) (Result, string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o755))
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	self, err := os.Executable()
	require.NoError(t, err)
	out := &strings.Builder{}
	r := s.Run(t.Context(), Spec{
		Args: []string{self, "misbehave", how}, Dir: dir, Read: append(System(), self), Write: []string{dir},
		Limits: limits, Stdout: out, Stderr: out,
	})
	return r, out.String()
}

func TestProbe(t *testing.T) {
	began := time.Now()
	s, err := Probe(context.Background())
	require.NoError(t, err)
	t.Log(time.Since(began), s.Report())
	s, err = Probe(context.Background(), Namespaces()...)
	require.NoError(t, err)
	t.Log(s.Report())
	r, out := run(t, s, "print", Limits{})
	require.NoError(t, r.Exit())
	require.Equal(t, "printed\n", out)
}
