// Package yields makes programs for the exact clock try other schedules. Such a
// program has one thread, and the lab's messages arrive at instants of their
// own, so nothing would ever come between two critical sections of it: a check
// under the lock and an act under the lock taken again would always seem one
// step. [Overlay] has Lock give way now and then.
package yields

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed yields.go.txt
var source []byte

// locks are the functions of package sync that give way, and where they are.
var locks = []struct{ file, function string }{
	{"mutex.go", "func (m *Mutex) Lock() {\n"},
	{"rwmutex.go", "func (rw *RWMutex) Lock() {\n"},
	{"rwmutex.go", "func (rw *RWMutex) RLock() {\n"},
}

// Overlay writes a changed package sync into a directory and returns which file
// replaces which of the Go tree that programs in dir are built with.
func Overlay(dir, into string) (replace map[string]string, err error) {
	cmd := exec.Command("go", "env", "GOROOT")
	cmd.Dir = dir
	root, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	pkg := filepath.Join(strings.TrimSpace(string(root)), "src", "sync")
	texts := map[string]string{"raftlab.go": string(source)}
	for _, l := range locks {
		if texts[l.file] == "" {
			text, err := os.ReadFile(filepath.Join(pkg, l.file))
			if err != nil {
				return nil, err
			}
			texts[l.file] = strings.Replace(string(text), "import (\n", "import (\n\t\"internal/runtime/sys\"\n", 1)
		}
		changed := strings.Replace(texts[l.file], l.function, "//go:noinline\n"+l.function+"\tlabYield(sys.GetCallerPC())\n", 1)
		if changed == texts[l.file] {
			return nil, fmt.Errorf("%s of this Go has no line %q: the exact clock has to be fitted to it", filepath.Join(pkg, l.file), strings.TrimSpace(l.function))
		}
		texts[l.file] = changed
	}
	replace = map[string]string{}
	for name, text := range texts {
		file := filepath.Join(into, "sync-"+name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return nil, err
		}
		replace[filepath.Join(pkg, name)] = file
	}
	return replace, nil
}
