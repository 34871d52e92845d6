package report

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/maruel/panicparse/v2/stack"

	goroutines "raftlab/grader/internal/base/stacks"
)

// Stack is a goroutine in a report by the runtime or the race detector, with the calls in
// the student's code.
type Stack struct {
	Title   string   // what it was doing: "running", "written by", "sync.Mutex.Lock"
	Calls   []string // "(*Raft).handle  raft/election.go:71"
	Omitted int      // calls of the lab and the runtime that are left out
}

// maxStacks bounds the number of goroutines on a page. The whole text is attached.
const maxStacks = 12

// stacks returns the goroutines of a text that call the student's code, in the order of
// the text. In a report by the runtime, the goroutine that ended the program comes first.
// A text that cannot be parsed has none.
func stacks(text []byte) (found []Stack) {
	rest := io.Reader(bytes.NewReader(text))
	for len(found) < maxStacks {
		snapshot, suffix, err := goroutines.Scan(rest)
		if snapshot == nil {
			return found
		}
		for _, g := range snapshot.Goroutines {
			s := Stack{Title: title(g)}
			for _, call := range g.Stack.Calls {
				if !isStudentCall(call) {
					s.Omitted++
					continue
				}
				s.Calls = append(s.Calls, fmt.Sprintf("%s  %s:%d", call.Func.Name, place(call), call.Line))
			}
			for _, call := range g.CreatedBy.Calls {
				if isStudentCall(call) {
					s.Calls = append(s.Calls, fmt.Sprintf("started in %s  %s:%d", call.Func.Name, place(call), call.Line))
				}
			}
			if len(s.Calls) > 0 && len(found) < maxStacks {
				found = append(found, s)
			}
		}
		if err != nil {
			return found
		}
		rest = io.MultiReader(bytes.NewReader(suffix), rest)
	}
	return found
}

func title(g *stack.Goroutine) string {
	switch {
	case g.RaceAddr != 0 && g.RaceWrite:
		return fmt.Sprintf("goroutine %d, which wrote", g.ID)
	case g.RaceAddr != 0:
		return fmt.Sprintf("goroutine %d, which read", g.ID)
	case g.State == "":
		return fmt.Sprintf("goroutine %d", g.ID)
	}
	return fmt.Sprintf("goroutine %d, %s", g.ID, g.State)
}

// isStudentCall reports whether a call is in the student's code.
func isStudentCall(c stack.Call) bool {
	return c.Func.ImportPath == "raftlab/raft" || c.Func.ImportPath == "raftlab/kvraft"
}

// place returns the file of a call, relative to the student's tree.
func place(c stack.Call) string { return path.Join(path.Base(c.Func.ImportPath), c.SrcName) }

// ofTheLab matches files of the lab's tree, wherever it was built.
var ofTheLab = regexp.MustCompile(`(?:[A-Za-z]:)?(?:/[^\s/:"'()]+)*/((?:raft|kvraft|labrpc|labgob|tests|internal|handouts)/[^\s:"'()]+)`)

// elsewhere matches other absolute paths.
var elsewhere = regexp.MustCompile(`(^|[\s"'(=:,])(?:/[\w.@+~-]+){2,}/([\w.@+~-]+)`)

// withoutPaths removes the machine's paths from a text. Files of the lab keep their path
// in the tree, others only their name.
func withoutPaths(text string) string {
	text = ofTheLab.ReplaceAllString(text, "$1")
	return strings.TrimSpace(elsewhere.ReplaceAllString(text, "${1}…/$2"))
}
