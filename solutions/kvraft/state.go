package kvraft

import (
	"bytes"
	"fmt"

	"raftlab/labgob"
)

// state is what the replicas agree on: the values, and for each client the
// latest of its writes that took effect, so that a retry does not take effect
// again. A client has one operation under way at a time, so the latest is
// enough (section 8).
type state struct {
	Values map[string]string
	Latest map[int64]int64 // Seq by Client
}

func newState() state { return state{map[string]string{}, map[int64]int64{}} }

// apply carries out an operation and returns what a Get finds.
func (s *state) apply(op Op) string {
	if op.Kind == Get {
		return s.Values[op.Key]
	}
	if op.Seq <= s.Latest[op.Client] {
		return ""
	}
	s.Latest[op.Client] = op.Seq
	if op.Kind == Put {
		s.Values[op.Key] = op.Value
	} else {
		s.Values[op.Key] += op.Value
	}
	return ""
}

// encode returns the state as the bytes of a snapshot.
func (s *state) encode() []byte {
	w := new(bytes.Buffer)
	if err := labgob.NewEncoder(w).Encode(*s); err != nil {
		panic(fmt.Sprintf("kvraft: cannot encode the state: %v", err))
	}
	return w.Bytes()
}

// decode returns the state of a snapshot, that of a new service if it is empty.
func decode(snapshot []byte) state {
	s := newState()
	if len(snapshot) == 0 {
		return s
	}
	if err := labgob.NewDecoder(bytes.NewReader(snapshot)).Decode(&s); err != nil {
		panic(fmt.Sprintf("kvraft: cannot decode a snapshot: %v", err))
	}
	return s
}
