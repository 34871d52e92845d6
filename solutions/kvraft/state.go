package kvraft

import (
	"bytes"
	"fmt"

	"raftlab/labgob"
)

// state is the state machine: the values, and for each client its latest write that
// was executed, so that a retry is not executed again. A client has one operation in
// progress at a time, so the latest is enough (§8).
type state struct {
	Values map[string]string
	Latest map[int64]int64 // Seq by Client
}

func newState() state { return state{map[string]string{}, map[int64]int64{}} }

// apply executes an operation and returns the value that a Get reads.
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

// decode returns the state of a snapshot. An empty snapshot is that of a new service.
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
