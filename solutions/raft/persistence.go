package raft

import (
	"bytes"
	"fmt"

	"raftlab/labgob"
)

// durable is what a server must find again after a crash (Figure 2, persistent
// state). The first entry of the log names the snapshot's last.
type durable struct {
	CurrentTerm int
	VotedFor    int
	Log         []Entry
}

// persist saves what has changed. It is called before the lock is given back,
// so that no other server and no service learns what a crash could undo. With
// the lock.
func (rf *Raft) persist() {
	if !rf.unsaved {
		return
	}
	rf.unsaved = false
	w := new(bytes.Buffer)
	if err := labgob.NewEncoder(w).Encode(durable{rf.currentTerm, rf.votedFor, rf.log.entries}); err != nil {
		panic(fmt.Sprintf("raft: server %d cannot save its state: %v", rf.me, err))
	}
	rf.persister.Save(w.Bytes(), rf.snapshot)
}

// restore reads back what was saved before a crash, if anything was.
func (rf *Raft) restore() {
	state := rf.persister.ReadRaftState()
	if len(state) == 0 {
		return
	}
	var d durable
	if err := labgob.NewDecoder(bytes.NewReader(state)).Decode(&d); err != nil {
		panic(fmt.Sprintf("raft: server %d cannot read the state it saved: %v", rf.me, err))
	}
	rf.currentTerm, rf.votedFor, rf.log.entries = d.CurrentTerm, d.VotedFor, d.Log
	rf.snapshot = rf.persister.ReadSnapshot()
	rf.commitIndex = rf.log.first().Index // what a snapshot covers is committed,
	rf.lastApplied = rf.log.first().Index // and the service has it
}
