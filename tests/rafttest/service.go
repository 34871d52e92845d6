package rafttest

import (
	"encoding/binary"
	"fmt"
	"time"

	"raftlab/raft/raftapi"
	"raftlab/tests/monitor"
	"raftlab/tests/trace"
)

// serve is the service on one server: it applies what its Raft hands it, for as
// long as the case lasts, or until a Raft that was killed closes the channel. What a
// dead life applies is taken and ignored, so that nothing of it waits for ever.
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
				// At once, without a step: a server may have another message
				// ready, and hold a lock of its own while it sends it.
				if late := time.Duration(l.lateSnapshots.Load()); late > 0 {
					go func() {
						// A server that catches up makes several at one instant: each is
						// handed over at its own, or their order would be up to chance.
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

// closed is told that a server has closed its applyCh, which it may do when it was
// killed.
func (l *Lab) closed(m *machine) {
	if m.life.Dead() || l.trial.Over() {
		return
	}
	l.trial.Report(&monitor.Violation{
		Property: "ApplyChannel",
		What:     fmt.Sprintf("server %d closed applyCh, and nobody had called Kill on it: from then on it can hand nothing to its service. It had applied all up to index %d. A server may close the channel after Kill, or leave it open.", m.life.Server, m.order.Last),
		Paper:    "none; a rule of the contract", Handout: "contract.md#the-interface",
	})
}

// handOver hands a server a snapshot of its service.
func (l *Lab) handOver(m *machine, index int, snapshot []byte) {
	if m.life.Dead() || l.trial.Over() {
		return
	}
	l.trial.Trace.Record(trace.Event{Kind: trace.Snapshot, Server: m.life.Server, Index: index})
	l.trial.Doing(fmt.Sprintf("Snapshot(%d) of server %d at %.3fs", index, m.life.Server, l.trial.Now().Seconds()))
	m.raft.Snapshot(index, snapshot)
}

// apply checks one message of a server. It returns a snapshot if it is time for
// the service to hand one over.
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
			m.last.Add(int64(m.order.Last) - m.last.Load()) // the case may know why
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
			return nil, &monitor.Violation{Property: "StateMachineSafety", What: fmt.Sprintf("server %d handed its service a snapshot that is not one the service made: %v.", i, err)}
		}
		if v := l.safety.Snapshot(i, msg.SnapshotIndex, index, digest, l.trial.Now()); v != nil {
			return nil, v
		}
		m.last.Add(int64(msg.SnapshotIndex) - m.last.Load())
	}
	return nil, nil
}

// publish lets the case see that a service has applied an entry. With the lock.
func (l *Lab) publish(m *machine, index int, digest uint64) {
	l.digests.Set(index, digest)
	if more := int64(index) - l.applied.Load(); more > 0 {
		l.applied.Add(more)
	}
	m.last.Add(int64(index) - m.last.Load())
}

// restore gives a service that starts the state of the snapshot on its disk.
func (l *Lab) restore(m *machine, snapshot []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	index, digest, err := decodeState(snapshot)
	if err != nil {
		l.trial.Report(&monitor.Violation{Property: "Durability", What: fmt.Sprintf("server %d starts with a snapshot on its disk that is not one the service made: %v.", m.life.Server, err)})
		return
	}
	if v := l.safety.Snapshot(m.life.Server, index, index, digest, l.trial.Now()); v != nil {
		l.trial.Report(v)
		return
	}
	m.order.Last = index
	m.last.Add(int64(index))
}

// stateSize is about that of a small service's state, and constant.
const stateSize = 400

// encodeState makes a snapshot: the index it was made at and the digest of all
// commands up to there.
func encodeState(index int, digest uint64) []byte {
	b := make([]byte, stateSize)
	binary.LittleEndian.PutUint64(b, uint64(index))
	binary.LittleEndian.PutUint64(b[8:], digest)
	return b
}

func decodeState(b []byte) (index int, digest uint64, err error) {
	if len(b) != stateSize {
		return 0, 0, fmt.Errorf("it has %d bytes instead of %d", len(b), stateSize)
	}
	return int(binary.LittleEndian.Uint64(b)), binary.LittleEndian.Uint64(b[8:]), nil
}
