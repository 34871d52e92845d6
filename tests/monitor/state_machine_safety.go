package monitor

import (
	"fmt"
	"reflect"
	"time"

	"raftlab/internal/hashes"
)

// StateMachineSafety checks that if a server has applied an entry at an index, no server
// ever applies a different entry there (Figure 3), not even after a restart. It must be
// used by one goroutine at a time. The zero value is that of a new cluster.
type StateMachineSafety struct {
	first []first // by index-1: the command that was applied first, and by which server
}

type first struct {
	command any
	server  int
	at      time.Duration
	digest  uint64 // of all commands up to here
}

// Command records that a server applied a command at an index, and checks it. The caller
// must have checked the index with ApplyOrder.
func (m *StateMachineSafety) Command(server, index int, command any, at time.Duration) *Violation {
	if index == len(m.first)+1 {
		m.first = append(m.first, first{command, server, at, Digest(m.digest(index-1), command)})
		return nil
	}
	if known := m.first[index-1]; !same(known.command, command) {
		return &Violation{
			Property: "StateMachineSafety", At: at,
			What: fmt.Sprintf("server %d applied %s at index %d, but server %d had applied %s there at %s.",
				server, Show(command), index, known.server, Show(known.command), seconds(known.at)),
			Paper: "section 5.4.3, Figure 3", Handout: "2b.md#same-command-same-index",
		}
	}
	return nil
}

// Snapshot checks a snapshot up to index that a server sent its service. The snapshot was
// made at index made, of the state with the given digest.
func (m *StateMachineSafety) Snapshot(server, index int, made int, digest uint64, at time.Duration) *Violation {
	v := &Violation{Property: "StateMachineSafety", At: at, Paper: "section 7, Figure 13", Handout: "2d.md#what-a-snapshot-is"}
	switch {
	case made != index:
		v.What = fmt.Sprintf("server %d sent its service a snapshot with SnapshotIndex %d, but the snapshot was made at index %d.", server, index, made)
	case index > len(m.first) || m.digest(index) != digest:
		v.What = fmt.Sprintf("server %d sent its service a snapshot up to index %d that is not the state after the applied entries up to this index.", server, index)
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

// same reports whether two commands are equal, without calling their methods.
func same(a, b any) bool { return reflect.DeepEqual(a, b) }
