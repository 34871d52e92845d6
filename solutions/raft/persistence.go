package raft

import (
	"bytes"
	"fmt"
	"io"

	"raftlab/labgob"
)

// durable is what a server must find again after a crash (Figure 2, persistent
// state), but for the log, which is saved behind it.
type durable struct {
	CurrentTerm int
	VotedFor    int
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
	err := labgob.NewEncoder(w).Encode(durable{rf.currentTerm, rf.votedFor})
	if err == nil {
		err = rf.savedLog.take(rf.log.entries)
	}
	if err != nil {
		panic(fmt.Sprintf("raft: server %d cannot save its state: %v", rf.me, err))
	}
	w.Write(rf.savedLog.stream.Bytes())
	rf.persister.Save(w.Bytes(), rf.snapshot)
}

// savedLog is the log as it was saved last, the first entry included, which names
// the snapshot's last. It is a row of slices of entries: each save adds those that
// have come since. If each encoded all of the log, a command would cost more the
// longer the log is.
type savedLog struct {
	stream  bytes.Buffer
	encoder *labgob.Encoder
	entries int // how many
	first   int // index of the first
	term    int // of the last
}

// take brings what is saved up to date with the log.
func (s *savedLog) take(log []Entry) error {
	if !s.begins(log) {
		s.stream.Reset()
		s.encoder, s.entries = labgob.NewEncoder(&s.stream), 0
	}
	added := log[s.entries:]
	s.entries, s.first, s.term = len(log), log[0].Index, log[len(log)-1].Term
	if len(added) == 0 {
		return nil
	}
	return s.encoder.Encode(added)
}

// begins tells whether the log is what was saved, and perhaps more. Logs that have
// an entry of the same index and term are the same up to it (Log Matching, section
// 5.3), so that the last that was saved need only be where it was.
func (s *savedLog) begins(log []Entry) bool {
	return 0 < s.entries && s.entries <= len(log) && s.first == log[0].Index && s.term == log[s.entries-1].Term
}

// restore reads back what was saved before a crash, if anything was.
func (rf *Raft) restore() {
	state := rf.persister.ReadRaftState()
	if len(state) == 0 {
		return
	}
	from := bytes.NewReader(state)
	var d durable
	err := labgob.NewDecoder(from).Decode(&d)
	rf.log.entries = nil
	for entries := labgob.NewDecoder(from); err == nil; {
		var added []Entry
		err = entries.Decode(&added)
		rf.log.append(added...)
	}
	if err != io.EOF || len(rf.log.entries) == 0 {
		panic(fmt.Sprintf("raft: server %d cannot read the state it saved: %v", rf.me, err))
	}
	rf.currentTerm, rf.votedFor = d.CurrentTerm, d.VotedFor
	rf.snapshot = rf.persister.ReadSnapshot()
	rf.commitIndex = rf.log.first().Index // what a snapshot covers is committed,
	rf.lastApplied = rf.log.first().Index // and the service has it
}
