package monitor

import (
	"slices"
	"time"

	"raftlab/tests/trace"
)

// The lab sees Start, applyCh and Snapshot in parts 2A to 2D, where its own service runs on
// each server. In part 3 the service is the student's, and the trace has only messages,
// saves, starts and crashes. There, monitors derive what they need from these.

// Evidence is a kind of event that monitors judge by.
type Evidence struct {
	What  string
	Parts []string            // whose cases have it
	In    func(*History) bool // reports whether a history has any
}

var (
	everywhere = []string{"2A", "2B", "2C", "2D", "3A", "3B"}
	withLogs   = everywhere[1:]
)

// The kinds of evidence.
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

// any reports whether a server has sent a request of a method, or replied to one.
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

// commands returns the times at which commands were started and at which each server
// applied them, in order. In part 3, a command counts as started when a leader first sends
// its entry, and as applied by a server when a leader's LeaderCommit first covers it in a
// message from or to that server.
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
	ends := map[leadership]int{} // the last index that a leader is known to have
	covered := map[int]int{}     // by server: the last index known to be committed
	for _, e := range h.Events {
		switch {
		case e.Kind == trace.Crash:
			delete(covered, e.Server) // it applies its whole log again
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

// commit is the first event that shows that an index is committed.
type commit struct {
	place int // index of the event in the history
	event trace.Event
	index int
	how   string // how the server showed it, such as "applied"
}

// commits returns the events by which the highest index known to be committed increases:
// servers apply entries or, in part 3, leaders send LeaderCommit.
func (h *History) commits() (all []commit) {
	highest, sees := 0, h.records(trace.Apply)
	for place, e := range h.Events {
		index, how := 0, ""
		switch {
		case sees && e.Kind == trace.Apply:
			index, how = e.Index, "applied"
		case !sees && is(e, "sent", "AppendEntries") && !e.FromOutside():
			index, how = number(e, "LeaderCommit"), "sent LeaderCommit for"
		}
		if index > highest {
			highest = index
			all = append(all, commit{place, e, index, how})
		}
	}
	return all
}

// SnapshotOnDisk is the time within which a server must save a snapshot of its service.
const SnapshotOnDisk = 2 * time.Second

// snapshots returns the time from which each server may have a snapshot. In part 3 that is
// SnapshotOnDisk before the server first saved one.
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
