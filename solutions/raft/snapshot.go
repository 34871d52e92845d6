package raft

import (
	"bytes"

	"raftlab/raft/raftapi"
)

// InstallSnapshotArgs are the arguments of InstallSnapshot (Figure 13). The
// snapshot goes in one piece, without the offsets of the figure.
type InstallSnapshotArgs struct {
	Term              int
	LeaderId          int
	LastIncludedIndex int
	LastIncludedTerm  int
	Data              []byte
}

// InstallSnapshotReply is the answer to it.
type InstallSnapshotReply struct {
	Term int
}

// Snapshot takes in that the service keeps all entries up to index in snapshot,
// so that the log can forget them (section 7).
func (rf *Raft) Snapshot(index int, snapshot []byte) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if index <= rf.log.first().Index || index > rf.lastApplied {
		return // older than a snapshot that came since, or not applied yet
	}
	rf.log.dropUpTo(index)
	rf.snapshot = bytes.Clone(snapshot)
	rf.unsaved = true
	rf.persist()
}

// sendSnapshot sends one InstallSnapshot, to a server that lacks entries this
// log has forgotten, and takes in the answer; it returns whether there was one.
// With the lock, which it gives back while it waits.
func (rf *Raft) sendSnapshot(peer, term int) (answered bool) {
	args := InstallSnapshotArgs{
		Term: term, LeaderId: rf.me,
		LastIncludedIndex: rf.log.first().Index, LastIncludedTerm: rf.log.first().Term,
		Data: rf.snapshot,
	}
	var reply InstallSnapshotReply
	rf.mu.Unlock()
	answered = rf.peers[peer].Call("Raft.InstallSnapshot", &args, &reply)
	rf.mu.Lock()
	if !answered {
		return false
	}
	defer rf.persist()
	if reply.Term > rf.currentTerm {
		rf.follow(reply.Term)
	}
	if rf.leads(term) {
		rf.matched(peer, args.LastIncludedIndex)
	}
	return true
}

// InstallSnapshot answers a leader that sends its snapshot (Figure 13).
func (rf *Raft) InstallSnapshot(args *InstallSnapshotArgs, reply *InstallSnapshotReply) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	defer rf.persist()
	if !rf.hear(args.Term, &reply.Term) {
		return
	}
	if args.LastIncludedIndex <= rf.commitIndex {
		return // late: this server has, or is about to apply, all it covers
	}
	if args.LastIncludedIndex <= rf.log.last().Index && rf.log.at(args.LastIncludedIndex).Term == args.LastIncludedTerm {
		rf.log.dropUpTo(args.LastIncludedIndex) // what follows is still good
	} else {
		rf.log = newLog(args.LastIncludedIndex, args.LastIncludedTerm)
	}
	rf.snapshot = args.Data
	rf.unsaved = true
	rf.newInstall = &raftapi.ApplyMsg{
		SnapshotValid: true, Snapshot: args.Data,
		SnapshotIndex: args.LastIncludedIndex, SnapshotTerm: args.LastIncludedTerm,
	}
	rf.commit(args.LastIncludedIndex)
}
