package racebuild

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// without returns this process's environment with some variables replaced.
func without(t *testing.T, replaced map[string]string) []string {
	t.Helper()
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		_, ok := replaced[name]
		return ok
	})
	for name, value := range replaced {
		if value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// bin makes a directory that holds the go command and the given programs: their source by
// name.
func bin(t *testing.T, programs map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	goCommand, err := exec.LookPath("go")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(goCommand, filepath.Join(dir, "go")))
	for name, text := range programs {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755))
	}
	return dir
}

func TestEachSystemHasAnInstaller(t *testing.T) {
	for goos, says := range map[string]string{"linux": "apt install gcc libc6-dev", "darwin": "xcode-select --install", "windows": "winget install"} {
		require.Contains(t, install(goos), says)
	}
}

func TestTheErrorNamesWhatIsMissing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a shell script stands in for the C compiler, which macOS does not need and Windows cannot run")
	}
	broken := "#!/bin/sh\necho 'stdlib.h: no such file' >&2\nexit 1\n"
	for name, c := range map[string]struct {
		env  map[string]string
		says []string
	}{
		"no compiler":   {map[string]string{"PATH": bin(t, nil), "CC": "", "CGO_ENABLED": ""}, []string{`"gcc" is not in the PATH`, "apt install gcc libc6-dev"}},
		"another CC":    {map[string]string{"CC": "no-such-cc -m64", "CGO_ENABLED": "1"}, []string{`"no-such-cc" is not in the PATH`}},
		"turned off":    {map[string]string{"PATH": bin(t, map[string]string{"gcc": broken}), "CC": "", "CGO_ENABLED": "0"}, []string{"CGO_ENABLED=0 forbids", "go env -u CGO_ENABLED"}},
		"does not work": {map[string]string{"PATH": bin(t, map[string]string{"gcc": broken}), "CC": "", "CGO_ENABLED": "1"}, []string{"cannot be built or run here", "apt install gcc libc6-dev"}},
		"no go command": {map[string]string{"PATH": "/nowhere", "GOROOT": "/nowhere", "CC": ""}, []string{"cannot run the go command"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := Check(t.Context(), without(t, c.env))
			for _, says := range c.says {
				require.ErrorContains(t, err, says)
			}
			for _, line := range strings.Split(err.Error(), "\n") {
				require.LessOrEqual(t, len(line), 100, line)
			}
		})
	}
}

// TestCheckPassesWithACompiler checks that Check finds no fault with a machine that has a C
// compiler.
func TestCheckPassesWithACompiler(t *testing.T) {
	if out, err := exec.Command("go", "env", "CGO_ENABLED").Output(); err != nil || strings.TrimSpace(string(out)) != "1" {
		t.Skip("the go command has no C compiler")
	}
	require.NoError(t, Check(t.Context(), nil))
	require.NoError(t, Check(t.Context(), os.Environ()))
}
