package stall

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Goroutine is one goroutine of a dump, without the frames of the runtime and of the
// standard library.
type Goroutine struct {
	ID     int
	State  string  // such as "sleep" or "sync.Mutex.Lock"
	Frames []Frame // the innermost first
	Origin string  // the function that started it
	Lock   uint64  // address of the mutex that it waits for, 0 if it waits for none
}

// Frame is one call on a goroutine's stack.
type Frame struct {
	Func     string // "raftlab/raft.(*Raft).Start"
	File     string // full path
	Line     int
	Receiver uint64 // first argument, 0 if there is none
	Guessed  bool   // the runtime is not sure of Receiver, which may have been overwritten
}

// String is a frame as "raft.(*Raft).Start raft.go:63".
func (f Frame) String() string {
	return fmt.Sprintf("%s %s", f.Func[strings.LastIndex(f.Func, "/")+1:], f.place())
}

// place is a frame as "raft.go:63".
func (f Frame) place() string { return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line) }

// module is where the lab and the programs under test come from.
const module = "raftlab/"

// lab is what the names of functions of the lab begin with.
var lab = []string{"raftlab/internal/", "raftlab/labgob.", "raftlab/labrpc.", "raftlab/raft/raftapi.", "raftlab/tests/suite.", "raftlab/tests/cluster.", "raftlab/tests/trace.", "raftlab/tests/fault.", "raftlab/tests/monitor.", "raftlab/tests/clock.", "raftlab/tests/rafttest.", "raftlab/tests/kvtest."}

// ofProgram reports whether a frame is one of the program under test.
func (f Frame) ofProgram() bool {
	isLab := slices.ContainsFunc(lab, func(p string) bool { return strings.HasPrefix(f.Func, p) })
	return strings.HasPrefix(f.Func, module) && !isLab
}

// Program returns the frames of the program under test, the innermost first.
func (g Goroutine) Program() (own []Frame) {
	for _, f := range g.Frames {
		if f.ofProgram() {
			own = append(own, f)
		}
	}
	return own
}

// inCall reports whether a goroutine waits for the reply of another server.
func (g Goroutine) inCall() bool {
	return len(g.Frames) > 0 && strings.HasPrefix(g.Frames[0].Func, "raftlab/labrpc.")
}

// runs reports whether a goroutine runs, or would if it had a processor.
func (g Goroutine) runs() bool {
	return strings.HasPrefix(g.State, "running") || strings.HasPrefix(g.State, "runnable")
}

// activity describes what a goroutine does, as in "the goroutine sleeps".
func (g Goroutine) activity() string {
	switch {
	case g.inCall():
		return "waits for the reply of another server"
	case g.State == "sleep":
		return "sleeps"
	case strings.HasPrefix(g.State, "chan send"):
		return "sends on a channel"
	case strings.HasPrefix(g.State, "chan receive"), strings.HasPrefix(g.State, "select"):
		return "waits for a channel"
	case g.runs():
		return "never stops running"
	}
	return "is in " + g.State
}

// Summary describes goroutines, one line for each place and state, with their number.
func Summary(gs []Goroutine) []string {
	count := map[string]int{}
	var order []string
	for _, g := range gs {
		where := g.Program()
		if len(where) == 0 {
			continue
		}
		var calls []string
		for _, f := range where[:min(3, len(where))] {
			calls = append(calls, f.String())
		}
		line := fmt.Sprintf("[%s] %s", g.State, strings.Join(calls, " < "))
		if count[line] == 0 {
			order = append(order, line)
		}
		count[line]++
	}
	for i, line := range order {
		order[i] = fmt.Sprintf("%d × %s", count[line], line)
	}
	return order
}
