package monitor

import (
	"fmt"
	"reflect"
	"time"

	"raftlab/internal/hashes"
)

// StateMachineSafety: if a server has applied an entry at an index, no server
// ever applies another there (Figure 3), not in a later life either. It is for
// one goroutine at a time. The zero value has seen nothing.
type StateMachineSafety struct {
	first []first // by index-1: who applied it first, and what
}

type first struct {
	command any
	server  int
	at      time.Duration
	digest  uint64 // of all commands up to here
}

// Command is told that a server applied a command at an index, after
// ApplyOrder has found the index to be in order.
func (m *StateMachineSafety) Command(server, index int, command any, at time.Duration) *Violation {
	if index == len(m.first)+1 {
		m.first = append(m.first, first{command, server, at, Digest(m.digest(index-1), command)})
		return nil
	}
	if known := m.first[index-1]; !same(known.command, command) {
		return &Violation{
			Property: "StateMachineSafety", At: at,
			What: fmt.Sprintf("server %d applied %s at index %d, where server %d had applied %s at %s.",
				server, Show(command), index, known.server, Show(known.command), seconds(known.at)),
			Paper: "section 5.4.3, Figure 3", Handout: "2b.md#same-command-same-index",
		}
	}
	return nil
}

// Snapshot is told that a server handed its service a snapshot made of the
// state with that digest, said to stand for all entries up to index.
func (m *StateMachineSafety) Snapshot(server, index int, made int, digest uint64, at time.Duration) *Violation {
	v := &Violation{Property: "StateMachineSafety", At: at, Paper: "section 7, Figure 13", Handout: "2d.md#what-a-snapshot-is"}
	switch {
	case made != index:
		v.What = fmt.Sprintf("server %d handed its service a snapshot with SnapshotIndex %d, but the snapshot inside was made at index %d.", server, index, made)
	case index > len(m.first) || m.digest(index) != digest:
		v.What = fmt.Sprintf("server %d handed its service a snapshot up to index %d that is not the state after the entries applied up to there.", server, index)
	default:
		return nil
	}
	return v
}

// Applied returns the highest index that any server has applied.
func (m *StateMachineSafety) Applied() int { return len(m.first) }

// At returns the command at an index that some server has applied.
func (m *StateMachineSafety) At(index int) any { return m.first[index-1].command }

// DigestAt returns the digest of all commands up to an index that some server
// has applied.
func (m *StateMachineSafety) DigestAt(index int) uint64 { return m.digest(index) }

func (m *StateMachineSafety) digest(index int) uint64 {
	if index == 0 {
		return 0
	}
	return m.first[index-1].digest
}

// Digest adds a command to the digest of the commands before it.
func Digest(before uint64, command any) uint64 {
	h := before*31 + 7
	switch c := command.(type) {
	case string:
		h = hashes.Text(h, c)
	case int:
		h = hashes.Step(h, uint64(c))
	}
	return h ^ h>>31
}

// same compares two commands without calling any method of them.
func same(a, b any) bool { return reflect.DeepEqual(a, b) }
