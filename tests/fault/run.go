package fault

import (
	"slices"
	"strings"
	"time"

	"raftlab/internal/quiet"
	"raftlab/labrpc"
	"raftlab/tests/cluster"
	"raftlab/tests/suite"
)

// Runner runs schedules on a cluster.
type Runner struct {
	Cluster *cluster.Cluster
	Actor   *suite.Actor // the actor that runs the steps
	// Leader returns the current leader, or -1 if there is none.
	Leader func() int
	// Applied returns the highest index that has been applied.
	Applied func() int
	// Start starts commands at a server. It may be nil.
	Start func(server, commands int)
	// Propose starts the given command at a server. It may be nil.
	Propose func(server int, command string)
	// LateSnapshots delays the snapshots of services from now on.
	LateSnapshots func(time.Duration)

	links  map[labrpc.Link]labrpc.Faults
	holds  []*labrpc.Hold
	counts *counts
}

// counts holds the counts that steps wait for. They are updated in the goroutines of
// messages.
type counts struct {
	calls   [3]quiet.Counter // by method, in the order of methods
	leaders quiet.Counter    // number of terms in which a leader sent AppendEntries
	term    quiet.Word       // the highest of these terms
}

// pollInterval is how often a step that waits for something checks for it.
const pollInterval = 5 * time.Millisecond

// Run runs a schedule from its first step to its last.
func (r *Runner) Run(s Schedule) {
	r.links = map[labrpc.Link]labrpc.Faults{}
	r.counts = &counts{}
	r.Cluster.Watch(r.counts.note)
	began := r.Cluster.Trial.Now()
	for _, step := range s.Steps {
		r.wait(step.When, began)
		r.do(step.Do)
	}
	for s.guide != nil && s.guide.more(r.Cluster.Trial.Now()-began) {
		r.wait(s.guide.when(), began)
		r.do(s.guide.action(r.Cluster.Trial.Trace))
	}
}

func (s *counts) note(e labrpc.Event) {
	if e.Kind != labrpc.Sent {
		return
	}
	_, method, _ := strings.Cut(e.Method, ".")
	k := slices.Index(methods, method)
	if k < 0 {
		return
	}
	s.calls[k].Add(1)
	if term, ok := e.Body.Get("Term"); ok && method == "AppendEntries" {
		for old := s.term.Load(); uint64(term) > old; old = s.term.Load() {
			if s.term.CompareAndSwap(old, uint64(term)) {
				s.leaders.Add(1)
			}
		}
	}
}

// called returns how often a method was called.
func (s *counts) called(method string) int {
	if k := slices.Index(methods, method); k >= 0 {
		return int(s.calls[k].Load())
	}
	return 0
}

// wait waits until a step is due.
func (r *Runner) wait(w When, began time.Duration) {
	calls := r.counts.called(w.Method)
	due := func() bool {
		switch w.Trigger {
		case Commit:
			return r.Applied() >= w.Count
		case Call:
			return r.counts.called(w.Method) >= calls+w.Count
		case Election:
			return int(r.counts.leaders.Load()) >= w.Count
		}
		return r.Leader() >= 0
	}
	switch w.Trigger {
	case At:
		r.Actor.Sleep(max(0, began+w.Time-r.Cluster.Trial.Now()))
	case After:
		r.Actor.Sleep(w.Time)
	default:
		for deadline := r.Cluster.Trial.Now() + Patience; r.Cluster.Trial.Now() < deadline && !due(); {
			r.Actor.Sleep(pollInterval)
		}
	}
}

// do performs one action. An action that is impossible now, such as crashing a server
// that is down, does nothing, so that a schedule stays valid when steps are removed.
func (r *Runner) do(a Action) {
	c := r.Cluster
	r.Actor.Step()
	i := int(a.Who)
	if a.Who == Leader {
		if i = r.Leader(); i < 0 {
			i = r.Actor.IntN(c.Size())
		}
	}
	switch a.Verb {
	case Start:
		if a.Command != "" {
			if r.Propose != nil {
				r.Propose(i, a.Command)
			}
		} else if r.Start != nil {
			r.Start(i, a.Count)
		}
	case Crash:
		r.crash(i, a)
	case Restart:
		for k := range c.Size() {
			if (a.Who == All || k == i) && !c.Up(k) {
				r.Actor.Step()
				c.Start(k)
			}
		}
	case Cut, Heal:
		r.connect(i, a)
	case Split:
		c.Partition(a.Sides...)
	case Lose:
		r.everywhere(func(f *labrpc.Faults) { f.Loss = float64(a.Share) / 100 })
	case Duplicate:
		r.everywhere(func(f *labrpc.Faults) { f.Duplicate = float64(a.Share) / 100 })
	case Late:
		r.everywhere(func(f *labrpc.Faults) { f.Late = a.Time })
	case Hold:
		kind := labrpc.Sent
		if a.Replies {
			kind = labrpc.Replied
		}
		r.holds = append(r.holds, c.Net.Hold(labrpc.Filter{Method: r.fullName(a.Method), Kind: kind}))
	case Release:
		r.release()
	case SlowDisk:
		c.SlowDisk(i, a.Time)
	case Snapshots:
		r.LateSnapshots(a.Time)
	case Calm:
		r.Calm()
	}
}

// fullName returns the name of a method with the name of its service, which the program
// chooses.
func (r *Runner) fullName(method string) string {
	for i := range r.Cluster.Size() {
		for _, h := range r.Cluster.Net.Handlers(i) {
			if strings.HasSuffix(h.Name, "."+method) {
				return h.Name
			}
		}
	}
	return "." + method // no server has the method
}

func (r *Runner) crash(i int, a Action) {
	c := r.Cluster
	switch {
	case !c.Up(i):
	case a.Save > 0:
		c.CrashAtSave(i, int64(a.Save))
	case a.Method != "":
		c.CrashAfterReply(i, r.fullName(a.Method))
	default:
		c.Crash(i)
	}
}

func (r *Runner) connect(i int, a Action) {
	c := r.Cluster
	switch {
	case a.To != All:
		l := labrpc.Link{From: i, To: int(a.To)}
		f := r.links[l]
		f.Cut = a.Verb == Cut
		r.set(l, f)
	case a.Verb == Cut:
		c.Cut(i)
	case a.Who != All:
		c.Heal(i)
	default:
		r.heal()
	}
}

// heal reconnects all servers.
func (r *Runner) heal() {
	r.Cluster.Partition()
	for k := range r.Cluster.Size() {
		if !r.Cluster.Connected(k) {
			r.Cluster.Heal(k)
		}
	}
	r.everywhere(func(f *labrpc.Faults) { f.Cut = false })
}

func (r *Runner) release() {
	for _, h := range r.holds {
		r.Actor.Step()
		h.Release()
	}
	r.holds = nil
}

// everywhere changes the faults of all links.
func (r *Runner) everywhere(edit func(*labrpc.Faults)) {
	for from := range r.Cluster.Size() {
		for to := range r.Cluster.Size() {
			l := labrpc.Link{From: from, To: to}
			f := r.links[l]
			edit(&f)
			r.set(l, f)
		}
	}
}

func (r *Runner) set(l labrpc.Link, f labrpc.Faults) {
	r.links[l] = f
	r.Cluster.SetLink(l, f)
}

// Calm ends all faults except crashes. A server that is down stays down.
func (r *Runner) Calm() {
	r.release()
	r.heal()
	r.everywhere(func(f *labrpc.Faults) { *f = labrpc.Faults{} })
	r.LateSnapshots(0)
	for i := range r.Cluster.Size() {
		r.Cluster.SlowDisk(i, 0)
		r.Cluster.Disarm(i)
	}
}
