// Package mutants holds deliberately broken copies of the reference: each is
// the reference with a few lines replaced, and a claim of what that breaks.
// They show what the suite catches. Start from [Mutant] and [Build].
package mutants

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"raftlab/tests/clock"
)

// Mutant is the reference with one mistake.
type Mutant struct {
	Name     string
	Number   int        // in the list of mistakes that students make, 0 for one of our own
	Group    string     // what it is about; see Broken
	Part     string     // the part that must fail on it, for one that is broken
	Clock    clock.Kind // the one it shows on, if it shows on one only
	Case     string     // the only case that is run, for what others find too, or where a part takes long; "" runs the part
	Property string     // what finds it: a monitor, or an expectation of the cases
	Says     string     // regular expression that the failure must match to name the cause; "" accepts any
	Claim    string     // what it does otherwise than the reference
	Paper    string     // section it goes against
	Wrong    string     // why a part before Part fails on it, if one does
	Racy     bool       // shows to the race detector only
	Idle     bool       // a part of it does nothing, as if it were not written
	Uncaught string     // why no case catches it yet; empty for one that must be caught
	Edits    []Edit
}

// Package returns the package whose tests try it: raft, or kvraft on it.
func (m Mutant) Package() string {
	if strings.HasPrefix(m.Part, "3") {
		return "kvraft"
	}
	return "raft"
}

// Packages returns the packages whose cases a program that is correct must pass: those
// of the part that it is about or, if it is a variation of Raft that names none, all.
func (m Mutant) Packages() []string {
	if m.Part == "" {
		return []string{"raft", "kvraft"}
	}
	return []string{m.Package()}
}

// Edit replaces Old, which stands exactly once in the file, by New.
type Edit struct {
	File     string // below solutions, such as "raft/election.go"
	Old, New string
}

// Build compiles the reference's tests with the mutant's edits into the file
// binary, with more arguments for go test, such as -race. solutions is the
// directory of the reference. Nothing there is written.
func (m Mutant) Build(solutions, pkg, binary string, args ...string) error {
	dir, err := os.MkdirTemp("", "raftlab-mutant-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	replace, err := m.Overlay(solutions, dir)
	if err != nil {
		return err
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, list, 0o644); err != nil {
		return err
	}
	command := append([]string{"test", "-c", "-vet=off", "-ldflags=-w", "-overlay", overlay, "-o", binary}, args...)
	build := exec.Command("go", append(command, "./"+pkg)...)
	build.Dir = solutions
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("mutant %s does not compile: %v\n%s", m.Name, err, out)
	}
	return nil
}

// Sources returns the text of the files that the mutant changes, by their place
// below solutions.
func (m Mutant) Sources(solutions string) (map[string]string, error) {
	edited := map[string]string{}
	for _, e := range m.Edits {
		source, ok := edited[e.File]
		if !ok {
			b, err := os.ReadFile(filepath.Join(solutions, e.File))
			if err != nil {
				return nil, err
			}
			source = string(b)
		}
		if n := strings.Count(source, e.Old); n != 1 {
			return nil, fmt.Errorf("mutant %s: what it replaces in %s stands there %d times, not once:\n%s", m.Name, e.File, n, e.Old)
		}
		edited[e.File] = strings.Replace(source, e.Old, e.New, 1)
	}
	return edited, nil
}

// Overlay writes the edited files to dir, and returns which of them the compiler
// is to read in the place of which of the reference's.
func (m Mutant) Overlay(solutions, dir string) (replace map[string]string, err error) {
	edited, err := m.Sources(solutions)
	if err != nil {
		return nil, err
	}
	root, err := filepath.Abs(solutions)
	if err != nil {
		return nil, err
	}
	replace = map[string]string{}
	for file, source := range edited {
		copied := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(copied, []byte(source), 0o644); err != nil {
			return nil, err
		}
		replace[filepath.Join(root, file)] = copied
	}
	return replace, nil
}
