package monitor

import (
	"slices"
	"time"

	"raftlab/tests/trace"
)

// The lab sees Start, applyCh and Snapshot in parts 2A to 2D, where its own service
// runs on each server. In part 3 the service is the student's, and the trace has
// messages, saves, starts and crashes alone. Monitors that judge by more read it off
// these where the lab does not see it.

// Evidence is a sort of event that monitors judge by.
type Evidence struct {
	What  string
	Parts []string            // whose cases have it
	In    func(*History) bool // reports whether a history has any
}

var (
	everywhere = []string{"2A", "2B", "2C", "2D", "3A", "3B"}
	withLogs   = everywhere[1:]
)

// What monitors judge by.
var (
	elections  = Evidence{"RequestVote sent", everywhere, func(h *History) bool { return h.any("sent", "RequestVote") }}
	votes      = Evidence{"RequestVote answered", everywhere, func(h *History) bool { return h.any("replied", "RequestVote") }}
	leaderSeen = Evidence{"a leader seen", everywhere, func(h *History) bool {
		return slices.ContainsFunc(h.Events, func(e trace.Event) bool { _, _, ok := leads(e); return ok })
	}}
	termSeen = Evidence{"GetState answered", everywhere, func(h *History) bool { return h.records(trace.State) }}
	killed   = Evidence{"a server killed", everywhere, func(h *History) bool { return h.records(trace.Crash) }}
	appends  = Evidence{"AppendEntries sent and answered", everywhere, func(h *History) bool {
		return h.any("sent", "AppendEntries") && h.any("replied", "AppendEntries")
	}}
	commands  = Evidence{"commands started or applied", withLogs, func(h *History) bool { return len(h.commands()) > 0 }}
	commits   = Evidence{"entries committed", withLogs, func(h *History) bool { return len(h.commits()) > 0 }}
	snapshots = Evidence{"snapshots", []string{"2D", "3B"}, func(h *History) bool { return len(h.snapshots()) > 0 }}
)

// records reports whether the lab has recorded any event of a kind.
func (h *History) records(kind trace.Kind) bool {
	for _, e := range h.Events {
		if e.Kind == kind {
			return true
		}
	}
	return false
}

// any reports whether servers have sent, or answered, a method.
func (h *History) any(kind trace.Kind, method string) bool {
	for _, e := range h.Events {
		if is(e, kind, method) && !e.FromOutside() {
			return true
		}
	}
	return false
}

// leadership is a server in a term that it leads.
type leadership struct{ server, term int }

// commands returns when commands were started and when each server applied them, in
// the order of their times. Where the lab sees neither, a command is started when a
// leader first sends its entry, and applied by a server when a leader's LeaderCommit
// first covers it in a message of that server or to it.
func (h *History) commands() (times []time.Duration) {
	if h.records(trace.Start) {
		for _, e := range h.Events {
			if e.Kind == trace.Start || e.Kind == trace.Apply {
				times = append(times, e.At)
			}
		}
		return times
	}
	add := func(at time.Duration, from, to int) int {
		for range to - from {
			times = append(times, at)
		}
		return max(from, to)
	}
	ends := map[leadership]int{} // of the log that a leader has shown
	covered := map[int]int{}     // by server: up to where it was said to be committed
	for _, e := range h.Events {
		switch {
		case e.Kind == trace.Crash:
			delete(covered, e.Server) // it applies all of its log again
		case e.FromOutside():
		case is(e, "sent", "RequestVote"):
			ends[leadership{e.Server, number(e, "Term")}] = number(e, "LastLogIndex")
		case is(e, "sent", "AppendEntries"):
			leads := leadership{e.Server, number(e, "Term")}
			ends[leads] = add(e.At, ends[leads], number(e, "PrevLogIndex")+number(e, "Entries"))
			for _, server := range []int{e.Server, e.Peer} {
				covered[server] = add(e.At, covered[server], number(e, "LeaderCommit"))
			}
		}
	}
	return times
}

// commit is that a server was first to show that an index is committed.
type commit struct {
	place int // of the event by which it did, among all
	event trace.Event
	index int
	how   string // what the server had done
}

// commits returns how the highest index known to be committed rises: by what servers
// apply or, where the lab does not see that, by what leaders say in LeaderCommit.
func (h *History) commits() (all []commit) {
	highest, sees := 0, h.records(trace.Apply)
	for place, e := range h.Events {
		index, how := 0, ""
		switch {
		case sees && e.Kind == trace.Apply:
			index, how = e.Index, "applied"
		case !sees && is(e, "sent", "AppendEntries") && !e.FromOutside():
			index, how = number(e, "LeaderCommit"), "said to have committed"
		}
		if index > highest {
			highest = index
			all = append(all, commit{place, e, index, how})
		}
	}
	return all
}

// SnapshotOnDisk is how soon a snapshot that the service hands over is on the disk.
const SnapshotOnDisk = 2 * time.Second

// snapshots returns from when on each server may have a snapshot. Where the lab does
// not see the service hand it over, that is as long before it was first saved as the
// contract grants for saving it.
func (h *History) snapshots() map[int]time.Duration {
	from := map[int]time.Duration{}
	note := func(server int, at time.Duration) {
		if known, ok := from[server]; !ok || at < known {
			from[server] = at
		}
	}
	for _, e := range h.Events {
		_, known := from[e.Server]
		switch {
		case e.Kind == trace.Snapshot, e.Kind == trace.Install:
			note(e.Server, e.At)
		case is(e, "delivered", "InstallSnapshot"):
			note(e.Peer, e.At)
		case e.Kind == trace.Save && !known && e.Rest.Get(trace.WithSnapshot) != nil:
			note(e.Server, e.At-SnapshotOnDisk)
		}
	}
	return from
}
