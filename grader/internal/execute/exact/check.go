package exact

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"raftlab/grader/internal/base/atomicfile"
	"raftlab/grader/internal/execute/exact/overlay"
)

// probe is a program that sleeps for hours, draws random numbers, ranges over maps,
// selects, and prints the results.
//
//go:embed probe.go.txt
var probe []byte

// probing is the time limit of the probe in real time. The probe sleeps for hours of its
// own time, so it exceeds the limit only if time does not jump.
const probing = time.Minute

// check builds and runs the probe, unless that was done before on this machine with this
// Go and these changes. The same seed must print the same twice, another seed must print
// something else, and time must jump.
func check(ctx context.Context, root string, log io.Writer) error {
	dir, err := os.MkdirTemp("", "raftlab-exact-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	replace, err := overlay.Write(root, overlay.Native, dir)
	if err != nil {
		return err
	}
	stamp, err := stampOf(root, replace)
	if err != nil {
		return err
	}
	if _, err := os.Stat(stamp); err == nil {
		return nil
	}
	fmt.Fprintln(log, "exact clock: building and checking the native engine, once for each Go and machine, which takes about a minute of processor time")
	program, err := buildProbe(ctx, root, dir, replace)
	if err != nil {
		return err
	}
	var printed [3][]byte
	for i, seed := range []string{"1", "1", "2"} {
		if printed[i], err = runProbe(ctx, program, seed); err != nil {
			return err
		}
	}
	switch {
	case !bytes.Equal(printed[0], printed[1]):
		return fmt.Errorf("a program that was run twice with the same seed printed two different texts")
	case bytes.Equal(printed[0], printed[2]):
		return fmt.Errorf("a program printed the same with two seeds")
	}
	if err := os.MkdirAll(filepath.Dir(stamp), 0o755); err != nil {
		return nil // it will just be checked again
	}
	atomicfile.Write(stamp, []byte("checked\n"))
	return nil
}

// stampOf returns the file that records a successful check by this machine, with the Go in
// root and these changed files.
func stampOf(root string, replace map[string]string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	host, _ := os.Hostname() // home directories may be shared
	version, err := os.ReadFile(filepath.Join(root, "VERSION"))
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s/%s %s\n", host, runtime.GOOS, runtime.GOARCH, version)
	sum.Write(probe)
	for _, name := range slices.Sorted(maps.Keys(replace)) {
		text, err := os.ReadFile(replace[name])
		if err != nil {
			return "", err
		}
		fmt.Fprintln(sum, name, len(text))
		sum.Write(text)
	}
	return filepath.Join(cache, "raftlab", "native", fmt.Sprintf("%x", sum.Sum(nil)[:8])), nil
}

// buildProbe compiles the probe with the Go in root.
func buildProbe(ctx context.Context, root, dir string, replace map[string]string) (program string, err error) {
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	source := filepath.Join(dir, "probe")
	if err := os.Mkdir(source, 0o755); err != nil {
		return "", err
	}
	files := map[string][]byte{
		filepath.Join(dir, "overlay.json"): list,
		filepath.Join(source, "probe.go"):  probe,
		filepath.Join(source, "go.mod"):    []byte("module probe\n\ngo 1.26\n"),
	}
	for name, text := range files {
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return "", err
		}
	}
	program = filepath.Join(dir, "probe.exe")
	cmd := exec.CommandContext(ctx, filepath.Join(root, "bin", "go"), "build", "-trimpath", "-tags", Tag, "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, ".")
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOTOOLCHAIN=local", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("a program for it does not build: %w\n%s", err, bytes.TrimSpace(out))
	}
	return program, nil
}

// runProbe runs the probe with a seed and returns what it printed.
func runProbe(ctx context.Context, program, seed string) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, probing)
	defer cancel()
	out, err := exec.CommandContext(limited, program, seed).CombinedOutput()
	if limited.Err() == context.DeadlineExceeded {
		return nil, fmt.Errorf("time does not jump: a program that sleeps for hours had not ended after %v", probing)
	}
	if err != nil {
		return nil, fmt.Errorf("a program for it failed: %w\n%s", err, bytes.TrimSpace(out))
	}
	return out, nil
}
