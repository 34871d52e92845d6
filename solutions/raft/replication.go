package raft

import (
	"slices"
	"time"
)

// maxEntries bounds the entries of one AppendEntries, so that a server far behind
// catches up in steps.
const maxEntries = 64

// AppendEntriesArgs are the arguments of AppendEntries (Figure 2), which is also
// the heartbeat.
type AppendEntriesArgs struct {
	Term         int
	LeaderId     int
	PrevLogIndex int
	PrevLogTerm  int
	Entries      []Entry
	LeaderCommit int
}

// AppendEntriesReply is the reply to AppendEntries (Figure 2).
type AppendEntriesReply struct {
	Term    int
	Success bool

	// Where the logs conflict (the end of §5.3): the term of the follower's entry
	// at PrevLogIndex and the first index it has of that term, or term 0 and the
	// index after its last entry if it has no entry there.
	ConflictTerm  int
	ConflictIndex int
}

// AppendEntries handles the request of a leader (Figure 2).
func (rf *Raft) AppendEntries(args *AppendEntriesArgs, reply *AppendEntriesReply) {
	rf.mu.Lock()
	defer rf.mu.Unlock()

	// All servers, §5.1: a higher term makes this server a follower.
	if args.Term > rf.currentTerm {
		rf.becomeFollower(args.Term)
	}
	reply.Term = rf.currentTerm

	// 1. §5.1: reply false if term < currentTerm.
	if args.Term < rf.currentTerm {
		return
	}
	rf.role = follower      // candidates, §5.2: follow the new leader
	rf.resetElectionTimer() // followers, §5.2

	// 2. §5.3: reply false if the log has no entry at prevLogIndex whose term
	// matches prevLogTerm. Entries before the log are committed (§7): they match.
	if args.PrevLogIndex >= rf.log.first().Index && !rf.hasEntry(args.PrevLogIndex, args.PrevLogTerm) {
		reply.ConflictTerm, reply.ConflictIndex = rf.conflictAt(args.PrevLogIndex)
		return
	}

	for i, e := range args.Entries {
		if e.Index <= rf.log.first().Index {
			continue // the snapshot covers it (§7)
		}
		// 3. §5.3: if an existing entry conflicts with a new one (same index but
		// different terms), delete the existing entry and all that follow it.
		if e.Index <= rf.log.last().Index && rf.log.at(e.Index).Term != e.Term {
			rf.log.deleteFrom(e.Index)
		}
		// 4. Append any new entries not already in the log.
		if e.Index > rf.log.last().Index {
			rf.log.append(args.Entries[i:]...)
			rf.persist()
			break
		}
	}
	reply.Success = true

	// 5. If leaderCommit > commitIndex, set commitIndex = min(leaderCommit, index
	// of last new entry).
	lastNew := args.PrevLogIndex + len(args.Entries)
	if n := min(args.LeaderCommit, lastNew); n > rf.commitIndex {
		rf.setCommitIndex(n)
	}
}

// hasEntry reports whether the log has an entry with this index and term. The
// index is not before the log. rf.mu must be held.
func (rf *Raft) hasEntry(index, term int) bool {
	return index <= rf.log.last().Index && rf.log.at(index).Term == term
}

// conflictAt returns the ConflictTerm and ConflictIndex of a reply to a request whose
// PrevLogIndex is index; see [AppendEntriesReply]. rf.mu must be held.
func (rf *Raft) conflictAt(index int) (term, first int) {
	if index > rf.log.last().Index {
		return 0, rf.log.last().Index + 1
	}
	term = rf.log.at(index).Term
	for index > rf.log.first().Index+1 && rf.log.at(index-1).Term == term {
		index--
	}
	return term, index
}

// heartbeatLoop sends AppendEntries to all other servers immediately, and then at
// every interval, while this server leads the term (leaders, §5.2).
func (rf *Raft) heartbeatLoop(term int) {
	for {
		rf.mu.Lock()
		if !rf.leads(term) {
			rf.mu.Unlock()
			return
		}
		for peer := range rf.peers {
			if peer != rf.me {
				rf.replicate(peer)
			}
		}
		rf.mu.Unlock()
		time.Sleep(heartbeatInterval)
	}
}

// leads reports whether this server still leads a term. rf.mu must be held.
func (rf *Raft) leads(term int) bool {
	return rf.role == leader && rf.currentTerm == term && !rf.killed()
}

// replicateToAll sends new entries to all servers to which no request is in
// flight. The other servers get them when their request returns. rf.mu must be held.
func (rf *Raft) replicateToAll() {
	for peer := range rf.peers {
		if peer != rf.me && rf.inFlight[peer] == nil {
			rf.replicate(peer)
		}
	}
}

// replicate sends a server the entries from nextIndex on, if there are any
// (leaders, §5.3), or the snapshot if the log has discarded them (§7). rf.mu must be
// held.
func (rf *Raft) replicate(peer int) {
	if rf.nextIndex[peer] <= rf.log.first().Index {
		rf.replicateSnapshot(peer)
		return
	}
	prev := rf.log.at(rf.nextIndex[peer] - 1)
	end := min(rf.log.last().Index, prev.Index+maxEntries)
	args := &AppendEntriesArgs{
		Term: rf.currentTerm, LeaderId: rf.me,
		PrevLogIndex: prev.Index, PrevLogTerm: prev.Term,
		Entries:      rf.log.copyOf(prev.Index+1, end),
		LeaderCommit: rf.commitIndex,
	}
	rf.inFlight[peer] = args
	go rf.sendAppendEntries(peer, args)
}

// sendAppendEntries sends AppendEntries to a server and handles the reply. It does
// not retry a lost request: the next heartbeat sends the entries again.
func (rf *Raft) sendAppendEntries(peer int, args *AppendEntriesArgs) {
	var reply AppendEntriesReply
	ok := rf.peers[peer].Call("Raft.AppendEntries", args, &reply)
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

	// Leaders, §5.3: if successful, update nextIndex and matchIndex. If it fails
	// because of log inconsistency, decrement nextIndex and retry.
	if reply.Success {
		rf.setMatchIndex(peer, args.PrevLogIndex+len(args.Entries))
	} else if args.PrevLogIndex == rf.nextIndex[peer]-1 { // otherwise the reply is late
		rf.nextIndex[peer] = max(rf.matchIndex[peer]+1, rf.nextAfterConflict(args.PrevLogIndex, &reply))
	}
	if isLatest {
		rf.sendMore(peer)
	}
}

// returned records that a request to a server has returned, with or without a reply,
// and reports whether it is the latest. rf.mu must be held.
func (rf *Raft) returned(peer int, args any) (isLatest bool) {
	if rf.inFlight[peer] != args {
		return false
	}
	rf.inFlight[peer] = nil
	return true
}

// sendMore sends a server entries if last log index ≥ nextIndex for it (leaders,
// §5.3). rf.mu must be held.
func (rf *Raft) sendMore(peer int) {
	if rf.log.last().Index >= rf.nextIndex[peer] {
		rf.replicate(peer)
	}
}

// setMatchIndex records that a server's log matches this leader's up to index.
// matchIndex only increases: replies can arrive in any order. rf.mu must be held.
func (rf *Raft) setMatchIndex(peer, index int) {
	if index > rf.matchIndex[peer] {
		rf.matchIndex[peer] = index
		rf.advanceCommitIndex()
	}
	rf.nextIndex[peer] = max(rf.nextIndex[peer], rf.matchIndex[peer]+1)
}

// nextAfterConflict returns the nextIndex to try after a server has rejected
// entries that follow prev (the end of §5.3): the index after this log's last
// entry of the conflicting term, or the server's first index of that term if this
// log has none. rf.mu must be held.
func (rf *Raft) nextAfterConflict(prev int, reply *AppendEntriesReply) int {
	for i := prev; reply.ConflictTerm > 0 && i > rf.log.first().Index; i-- {
		switch term := rf.log.at(i).Term; {
		case term == reply.ConflictTerm:
			return i + 1
		case term < reply.ConflictTerm:
			return min(reply.ConflictIndex, prev)
		}
	}
	return min(reply.ConflictIndex, prev)
}

// advanceCommitIndex follows the last rule for leaders (§5.3, §5.4): if there
// exists an N such that N > commitIndex, a majority of matchIndex[i] ≥ N, and
// log[N].term == currentTerm, set commitIndex = N. Entries of earlier terms are
// never committed by counting (Figure 8). rf.mu must be held.
func (rf *Raft) advanceCommitIndex() {
	rf.matchIndex[rf.me] = rf.log.last().Index
	sorted := slices.Sorted(slices.Values(rf.matchIndex))
	n := sorted[(len(sorted)-1)/2] // the highest that a majority has reached
	if n > rf.commitIndex && rf.log.at(n).Term == rf.currentTerm {
		rf.setCommitIndex(n)
	}
}

// setCommitIndex sets commitIndex and wakes applyLoop. rf.mu must be held.
func (rf *Raft) setCommitIndex(n int) {
	rf.commitIndex = n
	rf.toApply.Signal()
}
