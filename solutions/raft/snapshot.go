package raft

import (
	"bytes"

	"raftlab/raft/raftapi"
)

// InstallSnapshotArgs are the arguments of InstallSnapshot (Figure 13). The
// snapshot may be sent in one piece.
type InstallSnapshotArgs struct {
	Term              int
	LeaderId          int
	LastIncludedIndex int
	LastIncludedTerm  int
	Data              []byte
}

// InstallSnapshotReply is the reply to InstallSnapshot (Figure 13).
type InstallSnapshotReply struct {
	Term int
}

// Snapshot tells the server that snapshot replaces the log up to and including
// index: the server can discard those entries.
func (rf *Raft) Snapshot(index int, snapshot []byte) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if index <= rf.log.first().Index || index > rf.lastApplied {
		return // older than a snapshot from a leader, or not applied yet
	}
	rf.log.dropUpTo(index)
	rf.snapshot = bytes.Clone(snapshot)
	rf.persist()
}

// InstallSnapshot handles the request of a leader that sends its snapshot (Figure
// 13).
func (rf *Raft) InstallSnapshot(args *InstallSnapshotArgs, reply *InstallSnapshotReply) {
	rf.mu.Lock()
	defer rf.mu.Unlock()

	// All servers, §5.1: a higher term makes this server a follower.
	if args.Term > rf.currentTerm {
		rf.becomeFollower(args.Term)
	}
	reply.Term = rf.currentTerm

	// 1. §5.1: reply immediately if term < currentTerm.
	if args.Term < rf.currentTerm {
		return
	}
	rf.role = follower      // candidates, §5.2: follow the new leader
	rf.resetElectionTimer() // followers, §5.2

	// 2., 3., 4. §7: these are about chunks; here the snapshot is a single chunk.

	// 5. §7: save the snapshot, and discard any with a smaller index. This one is
	// late if the entries that it covers are committed here.
	if args.LastIncludedIndex <= rf.commitIndex {
		return
	}
	rf.snapshot = args.Data

	if rf.hasEntry(args.LastIncludedIndex, args.LastIncludedTerm) {
		// 6. §7: if an existing log entry has the same index and term as the
		// snapshot's last included entry, retain the log entries following it.
		rf.log.dropUpTo(args.LastIncludedIndex)
	} else {
		// 7. §7: discard the entire log.
		rf.log = newLog(args.LastIncludedIndex, args.LastIncludedTerm)
	}
	rf.persist()

	// 8. §7: reset the state machine with the snapshot; see applyLoop.
	rf.pendingSnapshot = &raftapi.ApplyMsg{
		SnapshotValid: true, Snapshot: args.Data,
		SnapshotIndex: args.LastIncludedIndex, SnapshotTerm: args.LastIncludedTerm,
	}
	rf.setCommitIndex(args.LastIncludedIndex)
}

// replicateSnapshot sends a server the snapshot. rf.mu must be held.
func (rf *Raft) replicateSnapshot(peer int) {
	args := &InstallSnapshotArgs{
		Term: rf.currentTerm, LeaderId: rf.me,
		LastIncludedIndex: rf.log.first().Index, LastIncludedTerm: rf.log.first().Term,
		Data: rf.snapshot,
	}
	rf.inFlight[peer] = args
	go rf.sendInstallSnapshot(peer, args)
}

// sendInstallSnapshot sends InstallSnapshot to a server and handles the reply.
func (rf *Raft) sendInstallSnapshot(peer int, args *InstallSnapshotArgs) {
	var reply InstallSnapshotReply
	ok := rf.peers[peer].Call("Raft.InstallSnapshot", args, &reply)
	rf.mu.Lock()
	defer rf.mu.Unlock()
	isLatest := rf.returned(peer, args)
	if !ok {
		return
	}

	// All servers, §5.1: a higher term makes this server a follower.
	if reply.Term > rf.currentTerm {
		rf.becomeFollower(reply.Term)
	}
	if !rf.leads(args.Term) {
		return // the reply belongs to an earlier term
	}

	// The server has all that the snapshot covers.
	rf.setMatchIndex(peer, args.LastIncludedIndex)
	if isLatest {
		rf.sendMore(peer)
	}
}
