// Package mutants holds deliberately broken, racy and correct copies of the reference:
// each is the reference with a few lines replaced, and a claim of what that changes.
// They show what the suite catches, and that it passes correct programs. Start from
// [Broken], [Legal], [Races] and [Mutant.Build]; [Mechanical] makes more by rules.
//
// # Files
//
// A mutant is a file NAME.txtar in broken/GROUP, legal or races:
//
//	# Lines like this one are comments, for what the claim does not say.
//	claim: a vote is not forgotten when the term rises
//	paper: section 5.2, Figure 2
//	part: 2A
//	property: liveness: a leader is elected
//
//	-- raft/election.go --
//	 	rf.currentTerm = term
//	-	rf.votedFor = noVote
//	 	rf.persist()
//
// The header has a field a line, named as those of [Mutant] in lower case: claim, paper,
// part, clock, case, property, says, wrong, idle (true, or left out), uncaught, number.
// A value goes to the end of its line.
//
// Below the name of each file of the reference are its edits, as git diff writes them: a
// line that stays begins with a space, one that is removed with -, one that is added with
// +. The lines that stay or are removed must occur exactly once in the file, so give as
// many as that takes. A line that begins with @@ separates two edits; the rest of it is
// ignored. Empty lines between edits are ignored too.
//
// A group is a section of handouts/instructors/bank.md, which says what it is about.
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

// Mutant is the reference with one mistake or variation.
//
// Number is the row of the table of known mistakes in the course's notes. Three of its
// rows are not here. 40, nextIndex that a late rejection moves back, follows Figure 2 and
// is among [Legal], as late-refusal-moves-back. 19, GetState without the lock, is a data
// race and among [Races]. 96, a snapshot whose index is one less than its state, cannot
// be seen from outside: the service applies that one operation again, and its table of
// seen operations, which is in the snapshot too, ignores it. The same mistake within Raft
// shows, and is here as trimmed-one-too-few.
type Mutant struct {
	Name     string     // of its file
	Group    string     // folder of its file
	Number   int        // in the list of mistakes that students make, 0 for one of our own
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

// Edit replaces Old, which occurs exactly once in the file, by New.
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
			return nil, fmt.Errorf("mutant %s: what it replaces in %s occurs there %d times; it must occur exactly once:\n%s", m.Name, e.File, n, e.Old)
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
