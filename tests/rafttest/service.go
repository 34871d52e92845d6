package rafttest

import (
	"encoding/binary"
	"fmt"
	"time"

	"raftlab/raft/raftapi"
	"raftlab/tests/monitor"
	"raftlab/tests/trace"
)

// serve is the service of one server: it applies the messages of its Raft until the case ends,
// or until a Raft that was killed closes the channel. It receives the messages of a dead life
// too, and ignores them, so that no goroutine of it waits forever.
func (l *Lab) serve(m *machine, applyCh <-chan raftapi.ApplyMsg) {
	for {
		select {
		case msg, open := <-applyCh:
			if !open {
				l.closed(m)
				return
			}
			time.Sleep(time.Duration(l.serviceTimes[m.life.Server].Load()))
			if m.life.Dead() || l.trial.Over() {
				continue
			}
			snapshot, v := l.apply(m, msg)
			if v != nil {
				l.trial.Report(v)
			} else if snapshot != nil {
				// Immediately, without a step: a server may have another message
				// ready, and hold a lock of its own while it sends it.
				if late := time.Duration(l.lateSnapshots.Load()); late > 0 {
					go func() {
						// When a server catches up, the service makes several snapshots
						// at the same time. Each must be passed at a different time;
						// otherwise their order would be random.
						time.Sleep(late + time.Duration(msg.CommandIndex)*time.Microsecond)
						l.handOver(m, msg.CommandIndex, snapshot)
					}()
				} else {
					l.handOver(m, msg.CommandIndex, snapshot)
				}
			}
		case <-l.trial.Ended():
			return
		}
	}
}

// closed reports a violation if a server has closed its applyCh although it was not killed.
func (l *Lab) closed(m *machine) {
	if m.life.Dead() || l.trial.Over() {
		return
	}
	l.trial.Report(&monitor.Violation{
		Property: "ApplyChannel",
		What:     fmt.Sprintf("server %d closed applyCh although Kill had not been called: it can no longer send its service anything. It had applied all entries up to index %d. A server may close the channel after Kill, or leave it open.", m.life.Server, m.order.Last),
		Paper:    "none; a rule of the contract", Handout: "contract.md#the-interface",
	})
}

// handOver passes a server a snapshot of its service.
func (l *Lab) handOver(m *machine, index int, snapshot []byte) {
	if m.life.Dead() || l.trial.Over() {
		return
	}
	l.trial.Trace.Record(trace.Event{Kind: trace.Snapshot, Server: m.life.Server, Index: index})
	l.trial.Doing(fmt.Sprintf("Snapshot(%d) of server %d at %.3fs", index, m.life.Server, l.trial.Now().Seconds()))
	m.raft.Snapshot(index, snapshot)
}

// apply checks a message of a server. It returns a snapshot if it is time for the service to
// pass one.
func (l *Lab) apply(m *machine, msg raftapi.ApplyMsg) (snapshot []byte, v *monitor.Violation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := m.life.Server
	switch {
	case msg.CommandValid && msg.SnapshotValid:
		return nil, &monitor.Violation{Property: "ApplyMsg", What: fmt.Sprintf("server %d sent a message that is both a command and a snapshot.", i)}
	case msg.CommandValid:
		l.trial.Trace.Record(trace.Event{Kind: trace.Apply, Server: i, Index: msg.CommandIndex, Rest: trace.Details("Command", msg.Command)})
		if v := m.order.Command(i, msg.CommandIndex, l.trial.Now()); v != nil {
			return nil, v
		}
		if v := l.safety.Command(i, msg.CommandIndex, msg.Command, l.trial.Now()); v != nil {
			m.last.Add(int64(m.order.Last) - m.last.Load()) // for the case, which may know the cause
			return nil, v
		}
		l.publish(m, msg.CommandIndex, monitor.Digest(0, msg.Command))
		if l.snapshotEvery > 0 && msg.CommandIndex%l.snapshotEvery == 0 {
			return encodeState(msg.CommandIndex, l.safety.DigestAt(msg.CommandIndex)), nil
		}
	case msg.SnapshotValid:
		l.trial.Trace.Record(trace.Event{Kind: trace.Install, Server: i, Index: msg.SnapshotIndex})
		if v := m.order.Snapshot(i, msg.SnapshotIndex, l.trial.Now()); v != nil {
			return nil, v
		}
		index, digest, err := decodeState(msg.Snapshot)
		if err != nil {
			return nil, &monitor.Violation{Property: "StateMachineSafety", What: fmt.Sprintf("server %d sent its service a snapshot that the service did not make: %v.", i, err)}
		}
		if v := l.safety.Snapshot(i, msg.SnapshotIndex, index, digest, l.trial.Now()); v != nil {
			return nil, v
		}
		m.last.Add(int64(msg.SnapshotIndex) - m.last.Load())
	}
	return nil, nil
}

// publish lets the case see that a service has applied an entry. l.mu must be held.
func (l *Lab) publish(m *machine, index int, digest uint64) {
	l.digests.Set(index, digest)
	if more := int64(index) - l.applied.Load(); more > 0 {
		l.applied.Add(more)
	}
	m.last.Add(int64(index) - m.last.Load())
}

// restore sets the state of a starting service to that of the snapshot on its disk.
func (l *Lab) restore(m *machine, snapshot []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	index, digest, err := decodeState(snapshot)
	if err != nil {
		l.trial.Report(&monitor.Violation{Property: "Durability", What: fmt.Sprintf("server %d started with a snapshot on its disk that the service did not make: %v.", m.life.Server, err)})
		return
	}
	if v := l.safety.Snapshot(m.life.Server, index, index, digest, l.trial.Now()); v != nil {
		l.trial.Report(v)
		return
	}
	m.order.Last = index
	m.last.Add(int64(index))
}

// stateSize is the size of a snapshot, like that of a small service.
const stateSize = 400

// encodeState makes a snapshot. It consists of the index at which it was made, and of the digest
// of all commands up to there.
func encodeState(index int, digest uint64) []byte {
	b := make([]byte, stateSize)
	binary.LittleEndian.PutUint64(b, uint64(index))
	binary.LittleEndian.PutUint64(b[8:], digest)
	return b
}

func decodeState(b []byte) (index int, digest uint64, err error) {
	if len(b) != stateSize {
		return 0, 0, fmt.Errorf("it has %d bytes; expected %d", len(b), stateSize)
	}
	return int(binary.LittleEndian.Uint64(b)), binary.LittleEndian.Uint64(b[8:]), nil
}
