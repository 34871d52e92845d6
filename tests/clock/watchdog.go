package clock

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Stall says why the virtual time of a test stood still: a goroutine that waits
// for a mutex, or that never stops running, keeps it from moving.
type Stall struct {
	After   time.Duration // real time
	Virtual time.Duration // when it stood still, to a twentieth of a second
	Running []Goroutine   // goroutines that did not wait for anything
	Locked  []Goroutine   // goroutines that waited for a mutex
	Others  []Goroutine   // the rest
	Stacks  string        // of all of them, as the runtime prints them
}

// samples is how many times a stall must be seen before it is believed, so that
// a machine that was asleep for a while does not look like one.
const samples = 20

// wait returns nil when the bubble has ended, or says why it does not.
func (w *watch) wait(patience time.Duration, ended <-chan string) *Stall {
	if patience <= 0 {
		w.complaint = <-ended
		return nil
	}
	pause := time.NewTicker(max(patience/samples, time.Millisecond))
	defer pause.Stop()
	last, still := int64(-1), 0
	for {
		select {
		case w.complaint = <-ended:
			return nil
		case <-pause.C:
		}
		if ticks := w.ticks.Load(); ticks != last {
			last, still = ticks, 0
			continue
		}
		if still++; still < samples {
			continue
		}
		if w.state.CompareAndSwap(running, abandoned) {
			return w.diagnose(patience)
		}
		// The test is over, but a goroutine it left behind waits for a mutex, or
		// never stops, and the bubble waits for that.
		w.complaint = "goroutines remain"
		return nil
	}
}

func (w *watch) diagnose(after time.Duration) *Stall {
	s := &Stall{After: after, Virtual: time.Duration(w.ticks.Load()) * tickEvery}
	for _, g := range goroutines(int(w.bubble.Load())) {
		switch {
		case strings.HasPrefix(g.State, "running"), strings.HasPrefix(g.State, "runnable"):
			s.Running = append(s.Running, g)
		case strings.HasPrefix(g.State, "sync.Mutex"), strings.HasPrefix(g.State, "sync.RWMutex"), strings.HasPrefix(g.State, "semacquire"):
			s.Locked = append(s.Locked, g)
		default:
			s.Others = append(s.Others, g)
		}
	}
	return s
}

// String says what was found, for the author of the program.
func (s *Stall) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "virtual time stood still for %v of real time.\n", s.After)
	switch {
	case len(s.Locked) > 0:
		b.WriteString("Goroutines wait for a lock whose holder does not give it back. Never sleep, wait for a channel or call a server while you hold a lock; see handouts/locking.md.\n")
		list(&b, "waiting for a lock", s.Locked)
		list(&b, "may hold it", s.suspects())
		b.WriteString("If none of these does, a goroutine waits for a lock that it holds itself.\n")
	case len(s.Running) > 0:
		b.WriteString("A goroutine never stops running. Sleep for some milliseconds between two looks, or wait on a sync.Cond or a channel; see handouts/locking.md.\n")
		list(&b, "running", s.Running)
	default:
		list(&b, "waiting", s.Others)
	}
	return strings.TrimRight(b.String(), "\n")
}

// suspects are goroutines that may hold a lock, those in a call to another
// server first. One in sync.Cond.Wait has given its lock back.
func (s *Stall) suspects() []Goroutine {
	var calling, others []Goroutine
	for _, g := range append(slices.Clone(s.Running), s.Others...) {
		switch {
		case strings.HasPrefix(g.State, "sync.Cond.Wait"):
		case slices.ContainsFunc(g.Frames, func(f string) bool { return strings.HasPrefix(f, "raftlab/labrpc.") }):
			calling = append(calling, g)
		default:
			others = append(others, g)
		}
	}
	return append(calling, others...)
}

func list(b *strings.Builder, what string, gs []Goroutine) {
	for _, line := range Summary(gs) {
		fmt.Fprintf(b, "  %s: %s\n", what, line)
	}
}

// Goroutine is one goroutine of a test, without the frames of the runtime.
type Goroutine struct {
	ID     int
	State  string   // such as "sleep" or "sync.Mutex.Lock"
	Frames []string // "raft.(*Raft).ticker raft.go:63", the innermost first
	Origin string   // the line that started it
}

// The lab's own packages, and where programs under test come from.
var (
	module = "raftlab/"
	lab    = []string{"raftlab/internal/", "raftlab/labgob.", "raftlab/labrpc.", "raftlab/raft/raftapi.", "raftlab/tests/suite.", "raftlab/tests/cluster.", "raftlab/tests/trace.", "raftlab/tests/rafttest.", "raftlab/tests/kvtest."}
)

// Where returns the frames of the program under test, the innermost first: not
// those of the standard library, and not the lab's own.
func (g Goroutine) Where() (own []string) {
	for _, f := range g.Frames {
		isLab := slices.ContainsFunc(lab, func(p string) bool { return strings.HasPrefix(f, p) })
		if strings.HasPrefix(f, module) && !isLab {
			own = append(own, f)
		}
	}
	return own
}

// Summary describes goroutines in a line for each place and state, with their
// number.
func Summary(gs []Goroutine) []string {
	count := map[string]int{}
	var order []string
	for _, g := range gs {
		where := g.Where()
		if len(where) == 0 {
			continue
		}
		line := fmt.Sprintf("[%s] %s", g.State, strings.Join(where[:min(3, len(where))], " < "))
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

// goroutines lists the goroutines of a bubble but for the lab's own ticker.
func goroutines(bubble int) []Goroutine {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	var all []Goroutine
	for _, block := range strings.Split(string(buf), "\n\n") {
		head, rest, _ := strings.Cut(block, "\n")
		h := parseHeader(head)
		if h.bubble != bubble || strings.Contains(rest, "clock.(*watch).tick") || strings.Contains(rest, "synctest.Test(") {
			continue
		}
		g := parseFrames(rest)
		g.ID, g.State = h.id, h.state
		all = append(all, g)
	}
	return all
}

type header struct {
	id, bubble int
	state      string
}

// parseHeader reads a line such as
// "goroutine 12 [sleep (durable), synctest bubble 3]:".
func parseHeader(line string) (h header) {
	line, _, _ = strings.Cut(line, "\n")
	fmt.Sscanf(line, "goroutine %d ", &h.id)
	_, inside, _ := strings.Cut(line, "[")
	inside, _, _ = strings.Cut(inside, "]")
	for i, part := range strings.Split(inside, ", ") {
		if i == 0 {
			h.state = strings.TrimSuffix(part, " (durable)")
		}
		fmt.Sscanf(part, "synctest bubble %d", &h.bubble)
	}
	return h
}

// parseFrames reads the pairs of lines, function and place, of one stack.
func parseFrames(stack string) (g Goroutine) {
	lines := strings.Split(strings.TrimSpace(stack), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		function := lines[i]
		place := strings.TrimSpace(lines[i+1])
		place, _, _ = strings.Cut(place, " +0x")
		if slash := strings.LastIndexAny(place, `/\`); slash >= 0 {
			place = place[slash+1:]
		}
		if origin, ok := strings.CutPrefix(function, "created by "); ok {
			origin, _, _ = strings.Cut(origin, " in goroutine")
			g.Origin = origin + " " + place
			continue
		}
		if open := strings.LastIndex(function, "("); open > 0 {
			function = function[:open]
		}
		if isRuntime(function) {
			continue
		}
		g.Frames = append(g.Frames, function+" "+place)
	}
	return g
}

func isRuntime(function string) bool {
	for _, prefix := range []string{"runtime.", "sync.", "internal/", "time.Sleep", "testing.", "testing/", "reflect.", "panic"} {
		if strings.HasPrefix(function, prefix) {
			return true
		}
	}
	return false
}
