//go:build !wasip1 && !faketime

package clock

import (
	"fmt"
	"slices"
	"strings"
)

// patient is one stall under examination.
type patient struct {
	sources *sources
	all     []Goroutine
	running []Goroutine
	locked  []Goroutine
}

// examine says why the goroutines of these stacks do not let time pass.
func examine(s *Stall) {
	p := patient{sources: newSources(), all: goroutines(s.Stacks)}
	for _, g := range p.all {
		switch {
		case strings.HasPrefix(g.State, "running"), strings.HasPrefix(g.State, "runnable"):
			p.running = append(p.running, g)
		case strings.HasPrefix(g.State, "sync.Mutex"), strings.HasPrefix(g.State, "sync.RWMutex"), strings.HasPrefix(g.State, "semacquire"):
			p.locked = append(p.locked, g)
		}
	}
	var longest []link
	for _, waiter := range p.locked {
		if chain := p.chain(waiter); len(chain) > len(longest) {
			longest = chain
		}
	}
	if longest != nil {
		s.Cause, s.words = p.tell(longest)
		return
	}
	switch {
	case len(p.running) > 0:
		s.Cause = Busy
		s.words = list("it runs at", p.running)
		for _, g := range p.running {
			for _, h := range p.sources.held(g) {
				s.words = append(s.words, fmt.Sprintf("  and holds %s since %v", h.lock, h.at))
			}
		}
		s.words = append(s.words, "Sleep for some milliseconds between two checks, or wait on a sync.Cond or a channel (handouts/locking.md, rule 6).")
	case len(p.locked) > 0 && p.kept() != nil:
		s.Cause, s.words = LockKept, append(p.kept(), list("waits for it", p.locked)...)
		s.words = append(s.words, "If it was taken along there, nobody gives it back. Write defer mu.Unlock() right after mu.Lock(), or look at each way out between the two (handouts/locking.md, rule 8).")
	case len(p.locked) > 0:
		s.Cause = Unknown
		s.words = append(list("waits for a lock", p.locked), list("may hold it", p.suspects())...)
		s.words = append(s.words, "Never hold a lock while you wait for something else (handouts/locking.md, rule 4).")
	default:
		s.Cause = Unknown
		s.words = list("waits", p.all)
	}
}

// link is one goroutine that waits for a lock, and the hold it waits for.
type link struct {
	waiter Goroutine
	holder Goroutine
	hold   hold
}

// chain follows from a goroutine that waits for a lock to who holds it, and
// from there on if that one waits for a lock too. It returns nil if it cannot
// tell who holds the first.
func (p patient) chain(waiter Goroutine) (chain []link) {
	for {
		l, ok := p.holder(waiter)
		if !ok {
			return chain
		}
		chain = append(chain, l)
		isLocked := slices.ContainsFunc(p.locked, func(g Goroutine) bool { return g.ID == l.holder.ID })
		seen := slices.ContainsFunc(chain, func(before link) bool { return before.waiter.ID == l.holder.ID })
		if !isLocked || seen {
			return chain
		}
		waiter = l.holder
	}
}

// reach is how far behind the start of a struct a lock of it may lie, in bytes.
const reach = 1 << 16

// holder finds who holds the lock that a goroutine waits for. Several servers
// have a lock of the same name: where the stacks show the structs that the two work
// on, these must be one.
func (p patient) holder(waiter Goroutine) (found link, ok bool) {
	wanted := p.sources.wanted(waiter)
	if wanted == "" {
		return link{}, false
	}
	best := 0
	for _, g := range p.all {
		for _, h := range p.sources.held(g) {
			if h.lock != wanted {
				continue
			}
			sure := 2 * certainty(g, h.at, waiter)
			if g.ID == waiter.ID && sure > 0 {
				sure-- // of two, rather another than itself
			}
			if sure > best {
				found, best = link{waiter, g, h}, sure
			}
		}
	}
	return found, best > 0
}

// certainty is how sure it is that a goroutine, which took a lock of that name in
// some call, took the one that the waiter wants: 2 if both calls are methods of
// one struct, 0 if they are methods of two, 1 if the stacks do not tell. A struct
// is one that the waiter works on only if the lock lies within it.
func certainty(g Goroutine, at Frame, waiter Goroutine) int {
	self := waiter.Program()[0]
	unknown := waiter.Lock == 0 // as for RLock
	if self.Guessed || !unknown && (waiter.Lock < self.Receiver || waiter.Lock-self.Receiver > reach) {
		return 1
	}
	for _, f := range g.Frames {
		switch {
		case f.Func != at.Func:
		case f.Receiver == self.Receiver: // also by a guess: none would fit so well
			return 2
		case !f.Guessed && f.Receiver != 0:
			return 0
		}
	}
	return 1
}

// tell puts a chain into words, the one who holds up all the others first.
func (p patient) tell(chain []link) (cause Cause, words []string) {
	last := chain[len(chain)-1]
	closed := slices.ContainsFunc(chain, func(l link) bool { return l.waiter.ID == last.holder.ID })
	isLocked := slices.ContainsFunc(p.locked, func(g Goroutine) bool { return g.ID == last.holder.ID })
	if isLocked && !closed {
		return Unknown, []string{
			fmt.Sprintf("  %s is taken at %v,", last.hold.lock, last.hold.at),
			fmt.Sprintf("    and still held at %v, which waits for another lock. Who holds that one cannot be told.", last.holder.Program()[0]),
			"Never hold a lock while you wait for something else (handouts/locking.md, rule 4).",
		}
	}
	if closed {
		cause = LockCycle
		for _, l := range chain {
			words = append(words, fmt.Sprintf("  goroutine %d waits for %s at %v,", l.waiter.ID, l.hold.lock, l.waiter.Program()[0]))
			if l.holder.ID == l.waiter.ID {
				words = append(words, fmt.Sprintf("    which it took itself at %s.", l.hold.at.place()))
			} else {
				words = append(words, fmt.Sprintf("    which goroutine %d took at %v;", l.holder.ID, l.hold.at))
			}
		}
		return cause, append(words, "Take locks in one order everywhere, and none twice: one lock for a server is enough (handouts/locking.md, rules 1 and 7).")
	}
	cause = LockHeld
	words = append(words,
		fmt.Sprintf("  %s is taken at %v,", last.hold.lock, last.hold.at),
		fmt.Sprintf("    and still held at %v, which %s.", last.holder.Program()[0], p.doing(last.holder)))
	for _, l := range slices.Backward(chain[:len(chain)-1]) {
		words = append(words, fmt.Sprintf("  That one holds up a goroutine that holds %s since %v.", l.hold.lock, l.hold.at))
	}
	var waiting []Goroutine
	for _, g := range p.locked {
		if l, ok := p.holder(g); ok && l.holder.ID == last.holder.ID {
			waiting = append(waiting, g)
		}
	}
	words = append(words, list("waits for it", waiting)...)
	if strings.HasPrefix(last.holder.State, "running") || strings.HasPrefix(last.holder.State, "runnable") {
		cause = Busy
		return cause, append(words, "Give the lock back before you look again, and sleep for some milliseconds in between (handouts/locking.md, rules 4 and 6).")
	}
	return cause, append(words, "Give the lock back before you wait, and look again at what you decide on when you have taken it again (handouts/locking.md, rules 4 and 5).")
}

// doing says what a goroutine that holds a lock does.
func (p patient) doing(g Goroutine) string {
	switch {
	case g.inCall():
		return "waits for the answer of another server"
	case g.State == "sleep":
		return "sleeps"
	case strings.HasPrefix(g.State, "chan send"):
		return "sends on a channel"
	case strings.HasPrefix(g.State, "chan receive"), strings.HasPrefix(g.State, "select"):
		return "waits for a channel"
	case strings.HasPrefix(g.State, "running"), strings.HasPrefix(g.State, "runnable"):
		return "runs and runs"
	}
	return "is in " + g.State
}

// kept says where a lock that is waited for, and that nobody seems to hold, may have
// been taken along: nil if there is no such place.
func (p patient) kept() (words []string) {
	for _, g := range p.locked {
		wanted := p.sources.wanted(g)
		if wanted == "" {
			continue
		}
		for _, at := range p.sources.forgotten(wanted, g.Program()[0]) {
			words = append(words, fmt.Sprintf("  %s: nobody is seen to hold it, and %s can leave at %s without giving it back", wanted, at.Func, at.place()))
		}
		if words != nil {
			return words
		}
	}
	return nil
}

// suspects are goroutines that may hold a lock, those in a call to another
// server first. One in sync.Cond.Wait has given its lock back.
func (p patient) suspects() []Goroutine {
	var calling, others []Goroutine
	for _, g := range p.all {
		isLocked := slices.ContainsFunc(p.locked, func(l Goroutine) bool { return l.ID == g.ID })
		switch {
		case isLocked, g.State == "sync.Cond.Wait":
		case g.inCall():
			calling = append(calling, g)
		default:
			others = append(others, g)
		}
	}
	return append(calling, others...)
}

func list(what string, gs []Goroutine) (lines []string) {
	for _, line := range Summary(gs) {
		lines = append(lines, fmt.Sprintf("  %s: %s", what, line))
	}
	return lines
}
