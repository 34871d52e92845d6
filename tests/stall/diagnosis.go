//go:build !wasip1 && !faketime

package stall

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// diagnoser looks for the cause of one stall.
type diagnoser struct {
	sources *sources
	all     []Goroutine
	holds   map[int][]hold // by the ID of a goroutine, as far as it was needed
	running []Goroutine
	blocked []Goroutine // those that wait for a lock
}

// Diagnose finds why the goroutines of a dump of this program do not let virtual time pass.
func Diagnose(dump string) Diagnosis { return DiagnoseIn(os.Getenv(SourcesVariable), dump) }

// DiagnoseIn is [Diagnose] for a dump of a program whose source tree contains a folder.
func DiagnoseIn(folder, dump string) Diagnosis {
	d := diagnoser{sources: newSources(), all: parseDump(dump, folder), holds: map[int][]hold{}}
	for _, g := range d.all {
		switch {
		case g.runs():
			d.running = append(d.running, g)
		case strings.HasPrefix(g.State, "sync.Mutex"), strings.HasPrefix(g.State, "sync.RWMutex"), strings.HasPrefix(g.State, "semacquire"):
			d.blocked = append(d.blocked, g)
		}
	}
	var longest []link
	for _, waiter := range d.blocked {
		if chain := d.chain(waiter); len(chain) > len(longest) {
			longest = chain
		}
	}
	if longest != nil {
		return d.explain(longest)
	}
	switch {
	case len(d.running) > 0:
		lines := list("it runs at", d.running)
		for _, g := range d.running {
			for _, h := range d.held(g) {
				lines = append(lines, fmt.Sprintf("  and has held %s since %v", h.lock, h.at))
			}
		}
		return Diagnosis{Busy, append(lines, "Sleep for some milliseconds between two checks, or wait on a sync.Cond or a channel (handouts/locking.md, rule 6).")}
	case len(d.blocked) > 0:
		if unreleased := d.unreleased(); unreleased != nil {
			lines := append(unreleased, list("waits for it", d.blocked)...)
			return Diagnosis{LockKept, append(lines, "Nothing can release it after that. Write defer mu.Unlock() right after mu.Lock(), or check each return and continue between the two (handouts/locking.md, rule 8).")}
		}
		lines := append(list("waits for a lock", d.blocked), list("may hold it", d.suspects())...)
		return Diagnosis{Unknown, append(lines, "Never hold a lock while you wait for something else (handouts/locking.md, rule 4).")}
	}
	return Diagnosis{Unknown, list("waits", d.all)}
}

// isBlocked reports whether a goroutine waits for a lock.
func (d diagnoser) isBlocked(g Goroutine) bool {
	return slices.ContainsFunc(d.blocked, func(b Goroutine) bool { return b.ID == g.ID })
}

// held returns the locks that a goroutine holds. The source is read once for each
// goroutine, of which there may be thousands.
func (d diagnoser) held(g Goroutine) []hold {
	all, known := d.holds[g.ID]
	if !known {
		all = d.sources.held(g)
		d.holds[g.ID] = all
	}
	return all
}

// link is a goroutine that waits for a lock, and the one that holds it.
type link struct {
	waiter Goroutine
	holder Goroutine
	hold   hold
}

// chain leads from a goroutine that waits for a lock to the holder of that lock, and on
// from there while the holder waits for a lock too. It is nil if the first holder is not
// known.
func (d diagnoser) chain(waiter Goroutine) (chain []link) {
	for {
		l, ok := d.holder(waiter)
		if !ok {
			return chain
		}
		chain = append(chain, l)
		seen := slices.ContainsFunc(chain, func(before link) bool { return before.waiter.ID == l.holder.ID })
		if seen || !d.isBlocked(l.holder) {
			return chain
		}
		waiter = l.holder
	}
}

// reach is the largest offset of a lock in its struct, in bytes.
const reach = 1 << 16

// holder finds the goroutine that holds the lock that another waits for. Several servers
// have a lock of the same name: where the stacks show the structs that the two goroutines
// work on, these must be the same.
func (d diagnoser) holder(waiter Goroutine) (found link, ok bool) {
	wanted := d.sources.wanted(waiter)
	if wanted == "" {
		return link{}, false
	}
	best := 0
	for _, g := range d.all {
		for _, h := range d.held(g) {
			if h.lock != wanted {
				continue
			}
			sure := 2 * certainty(g, h.at, waiter)
			if g.ID == waiter.ID && sure > 0 {
				sure-- // another goroutine is more likely
			}
			if sure > best {
				found, best = link{waiter, g, h}, sure
			}
		}
	}
	return found, best > 0
}

// certainty rates whether the lock that a goroutine took in some call is the one that the
// waiter wants, which has the same name: 2 if both calls are methods of one struct, 0 if
// they are methods of two, 1 if the stacks do not show it. The waiter works on a struct
// only if the lock lies within it.
func certainty(g Goroutine, at Frame, waiter Goroutine) int {
	self := waiter.Program()[0]
	unknown := waiter.Lock == 0 // as for RLock
	if self.Guessed || !unknown && (waiter.Lock < self.Receiver || waiter.Lock-self.Receiver > reach) {
		return 1
	}
	for _, f := range g.Frames {
		switch {
		case f.Func != at.Func:
		case f.Receiver == self.Receiver: // even if guessed: a wrong guess would hardly match
			return 2
		case !f.Guessed && f.Receiver != 0:
			return 0
		}
	}
	return 1
}

// explain is the diagnosis of a chain, whose last holder blocks all others.
func (d diagnoser) explain(chain []link) Diagnosis {
	last := chain[len(chain)-1]
	if start := slices.IndexFunc(chain, func(l link) bool { return l.waiter.ID == last.holder.ID }); start >= 0 {
		return cycle(chain[start:])
	}
	if d.isBlocked(last.holder) {
		return Diagnosis{Unknown, []string{
			fmt.Sprintf("  %s is taken at %v,", last.hold.lock, last.hold.at),
			fmt.Sprintf("    and still held at %v, which waits for another lock. The holder of that one is not known.", last.holder.Program()[0]),
			"Never hold a lock while you wait for something else (handouts/locking.md, rule 4).",
		}}
	}
	lines := []string{
		fmt.Sprintf("  %s is taken at %v,", last.hold.lock, last.hold.at),
		fmt.Sprintf("    and still held at %v, which %s.", last.holder.Program()[0], last.holder.activity()),
	}
	for _, l := range slices.Backward(chain[:len(chain)-1]) {
		lines = append(lines, fmt.Sprintf("  It blocks a goroutine that has held %s since %v.", l.hold.lock, l.hold.at))
	}
	var waiting []Goroutine
	for _, g := range d.blocked {
		if l, ok := d.holder(g); ok && l.holder.ID == last.holder.ID {
			waiting = append(waiting, g)
		}
	}
	lines = append(lines, list("waits for it", waiting)...)
	if last.holder.runs() {
		return Diagnosis{Busy, append(lines, "Release the lock before you check again, and sleep for some milliseconds in between (handouts/locking.md, rules 4 and 6).")}
	}
	return Diagnosis{LockHeld, append(lines, "Release the lock before you wait. When you have taken it again, check again what you decide on (handouts/locking.md, rules 4 and 5).")}
}

// cycle is the diagnosis of goroutines that wait for each other's locks.
func cycle(chain []link) Diagnosis {
	var lines []string
	for _, l := range chain {
		lines = append(lines, fmt.Sprintf("  goroutine %d waits for %s at %v,", l.waiter.ID, l.hold.lock, l.waiter.Program()[0]))
		if l.holder.ID == l.waiter.ID {
			lines = append(lines, fmt.Sprintf("    which it took itself at %s.", l.hold.at.place()))
		} else {
			lines = append(lines, fmt.Sprintf("    which goroutine %d took at %v;", l.holder.ID, l.hold.at))
		}
	}
	return Diagnosis{LockCycle, append(lines, "Take locks in one order everywhere, and none twice: one lock for a server is enough (handouts/locking.md, rules 1 and 7).")}
}

// unreleased names the places at which a function can return without releasing a lock that
// goroutines wait for and that none seems to hold. It returns nil if there are none.
func (d diagnoser) unreleased() (lines []string) {
	for _, g := range d.blocked {
		wanted := d.sources.wanted(g)
		if wanted == "" {
			continue
		}
		for _, at := range d.sources.unreleased(wanted, g.Program()[0]) {
			lines = append(lines, fmt.Sprintf("  %s: no goroutine seems to hold it, and %s can return at %s without releasing it", wanted, at.Func, at.place()))
		}
		if lines != nil {
			return lines
		}
	}
	return nil
}

// suspects are the goroutines that may hold a lock, those in a call to another server
// first. A goroutine in sync.Cond.Wait has released its lock.
func (d diagnoser) suspects() []Goroutine {
	var calling, others []Goroutine
	for _, g := range d.all {
		switch {
		case d.isBlocked(g), g.State == "sync.Cond.Wait":
		case g.inCall():
			calling = append(calling, g)
		default:
			others = append(others, g)
		}
	}
	return append(calling, others...)
}

// list describes goroutines, each line labeled with what they do.
func list(what string, gs []Goroutine) (lines []string) {
	for _, line := range Summary(gs) {
		lines = append(lines, fmt.Sprintf("  %s: %s", what, line))
	}
	return lines
}
