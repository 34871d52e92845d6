package stall

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// unreleasedIn returns the lines on which methods of T are said to leave with T.mu.
func unreleasedIn(t *testing.T, methods string) (lines []int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "t.go")
	text := "package t\n\nimport \"sync\"\n\ntype T struct {\n\tmu sync.Mutex\n\tn int\n}\n" + methods
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	for _, at := range newSources().unreleased("T.mu", Frame{File: file, Line: 10}) {
		lines = append(lines, at.Line)
	}
	return lines
}

func TestUnreleasedFindsEachWayOut(t *testing.T) {
	for name, methods := range map[string]string{
		"return": `
func (t *T) f() {
	t.mu.Lock()
	if t.n > 0 {
		return // here
	}
	t.mu.Unlock()
}`,
		"return before a defer": `
func (t *T) f() int {
	t.mu.Lock()
	if t.n > 0 {
		return 1 // here
	}
	defer t.mu.Unlock()
	if t.n < 0 {
		return 2
	}
	return 3
}`,
		"continue": `
func (t *T) f() {
	for {
		t.mu.Lock()
		if t.n > 0 {
			continue // here
		}
		t.mu.Unlock()
	}
}`,
		"its end": `
func (t *T) f() {
	t.mu.Lock()
	t.n++
} // here
func (t *T) g() {
	t.mu.Lock()
	t.mu.Unlock()
}`,
	} {
		lines := unreleasedIn(t, methods)
		before := "package t\n\nimport \"sync\"\n\ntype T struct {\n\tmu sync.Mutex\n\tn int\n}\n" + methods[:strings.Index(methods, "// here")]
		require.Equal(t, []int{1 + strings.Count(before, "\n")}, lines, name)
	}
}

// TestUnreleasedBlamesNoCorrectFunction: each of these releases the lock, in its own way.
func TestUnreleasedBlamesNoCorrectFunction(t *testing.T) {
	for name, methods := range map[string]string{
		"a pair of wrappers": `
func (t *T) lock() {
	t.mu.Lock()
}
func (t *T) unlock() {
	t.mu.Unlock()
}
func (t *T) f() {
	t.lock()
	if t.n > 0 {
		t.unlock()
		return
	}
	t.unlock()
}`,
		"one that is handed the lock": `
func (t *T) workLocked() {
	t.mu.Unlock()
	t.n++
	t.mu.Lock()
}`,
		"a closure": `
func (t *T) f() {
	t.mu.Lock()
	done := func() {
		t.mu.Unlock()
	}
	done()
	return
}`,
		"one that is called": `
func (t *T) f() {
	t.mu.Lock()
	t.finish()
}
func (t *T) finish() {
	defer t.mu.Unlock()
	t.n++
}`,
		"before break": `
func (t *T) f() {
	for {
		t.mu.Lock()
		if t.n > 0 {
			t.mu.Unlock()
			break
		}
		t.mu.Unlock()
	}
}`,
		"before break out of a loop": `
func (t *T) f() {
	t.mu.Lock()
	for t.n >= 0 {
		if t.n > 5 {
			t.mu.Unlock()
			break
		}
		t.n++
	}
}`,
		"a deferred closure": `
func (t *T) f() int {
	t.mu.Lock()
	defer func() {
		t.n++
		t.mu.Unlock()
	}()
	return t.n
}`,
		"branches": `
func (t *T) f() {
	t.mu.Lock()
	switch {
	case t.n > 0:
		t.mu.Unlock()
		return
	case t.n < 0:
		t.mu.Unlock()
	default:
		t.mu.Unlock()
	}
}`,
		"in turns": `
func (t *T) f() {
	for {
		t.mu.Lock()
		if t.n > 0 {
			t.mu.Unlock()
			continue
		}
		t.mu.Unlock()
	}
}`,
	} {
		require.Empty(t, unreleasedIn(t, methods), name)
	}
}
