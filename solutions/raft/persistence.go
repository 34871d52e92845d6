package raft

import (
	"bytes"
	"fmt"

	"raftlab/labgob"
)

// persistent is the persistent state of Figure 2, apart from the log.
type persistent struct {
	CurrentTerm int
	VotedFor    int
}

// persist saves the state that must survive a crash (Figure 2, persistent state),
// encoded with labgob. The snapshot is saved with it. Call persist after each change
// and before the lock is released: neither another server nor the service may learn
// of a change that a crash could undo. rf.mu must be held.
func (rf *Raft) persist() {
	w := new(bytes.Buffer)
	err := labgob.NewEncoder(w).Encode(persistent{rf.currentTerm, rf.votedFor})
	if err == nil {
		// Encode(rf.log.entries) would be enough; savedlog.go makes it faster.
		err = rf.savedLog.writeTo(w, rf.log.entries)
	}
	if err != nil {
		panic(fmt.Sprintf("raft: server %d cannot save its state: %v", rf.me, err))
	}
	rf.persister.Save(w.Bytes(), rf.snapshot)
}

// restore reads back the state that was saved before a crash. There is none if the
// server starts for the first time.
func (rf *Raft) restore() {
	state := rf.persister.ReadRaftState()
	if len(state) == 0 {
		return
	}
	r := bytes.NewReader(state)
	var p persistent
	err := labgob.NewDecoder(r).Decode(&p)
	if err == nil {
		rf.log.entries, err = readSavedLog(r)
	}
	if err != nil {
		panic(fmt.Sprintf("raft: server %d cannot read the state it saved: %v", rf.me, err))
	}
	rf.currentTerm, rf.votedFor = p.CurrentTerm, p.VotedFor
	rf.snapshot = rf.persister.ReadSnapshot()
	rf.commitIndex = rf.log.first().Index // the snapshot's entries are committed,
	rf.lastApplied = rf.log.first().Index // and the service has them
}
