package raft

import (
	"slices"
	"time"
)

// maxEntries bounds one AppendEntries, so that a server far behind is brought
// up in steps.
const maxEntries = 64

// AppendEntriesArgs are the arguments of AppendEntries (Figure 2).
type AppendEntriesArgs struct {
	Term         int
	LeaderId     int
	PrevLogIndex int
	PrevLogTerm  int
	Entries      []Entry
	LeaderCommit int
}

// AppendEntriesReply is the answer to it. A server that refuses says where its
// log parts from the leader's (section 5.3, the optimisation at its end): the
// term of its entry at PrevLogIndex and the first index of that term, or term 0
// and the end of its log if it has no such entry.
type AppendEntriesReply struct {
	Term          int
	Success       bool
	ConflictTerm  int
	ConflictIndex int
}

// heartbeatLoop sends to all servers at once, and then at every interval, for
// as long as this server leads the term (section 5.2).
func (rf *Raft) heartbeatLoop(term int) {
	for {
		rf.mu.Lock()
		if !rf.leads(term) {
			rf.mu.Unlock()
			return
		}
		for peer := range rf.peers {
			if peer != rf.me {
				go rf.exchange(peer, term)
			}
		}
		rf.mu.Unlock()
		time.Sleep(heartbeatInterval)
	}
}

// replicate sends new entries to every server that is not being sent some: the
// others get them in the exchange that follows. With the lock.
func (rf *Raft) replicate() {
	for peer := range rf.peers {
		if peer != rf.me && rf.asking[peer] == 0 {
			rf.asking[peer] = -1 // about to
			go rf.exchange(peer, rf.currentTerm)
		}
	}
	rf.advanceCommit()
}

// leads tells whether this server still leads that term. With the lock.
func (rf *Raft) leads(term int) bool {
	return rf.role == leader && rf.currentTerm == term && !rf.killed()
}

// exchange sends one server what it lacks, and goes on while there is more, or
// until a newer exchange with that server has begun. A request that is lost is
// made good by the next heartbeat.
func (rf *Raft) exchange(peer, term int) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	for more := true; more && rf.leads(term); {
		rf.exchanges++
		this := rf.exchanges
		rf.asking[peer] = this
		answered := false
		if rf.nextIndex[peer] <= rf.log.first().Index {
			answered = rf.sendSnapshot(peer, term)
		} else {
			answered = rf.sendEntries(peer, term)
		}
		latest := rf.leads(term) && rf.asking[peer] == this
		if latest {
			rf.asking[peer] = 0
		}
		more = answered && latest && rf.nextIndex[peer] <= rf.log.last().Index
	}
}

// sendEntries sends one AppendEntries and takes in the answer; it returns
// whether there was one. With the lock, which it gives back while it waits.
func (rf *Raft) sendEntries(peer, term int) (answered bool) {
	prev := rf.log.at(rf.nextIndex[peer] - 1)
	end := min(rf.log.last().Index, prev.Index+maxEntries)
	args := AppendEntriesArgs{
		Term: term, LeaderId: rf.me,
		PrevLogIndex: prev.Index, PrevLogTerm: prev.Term,
		Entries:      rf.log.copyOf(prev.Index+1, end),
		LeaderCommit: rf.commitIndex,
	}
	var reply AppendEntriesReply
	rf.mu.Unlock()
	answered = rf.peers[peer].Call("Raft.AppendEntries", &args, &reply)
	rf.mu.Lock()
	if !answered {
		return false
	}
	defer rf.persist()
	if reply.Term > rf.currentTerm {
		rf.follow(reply.Term)
	}
	if !rf.leads(term) {
		return true
	}
	switch {
	case reply.Success:
		rf.matched(peer, args.PrevLogIndex+len(args.Entries))
	case args.PrevLogIndex == rf.nextIndex[peer]-1: // else it answers an older question
		rf.nextIndex[peer] = max(rf.matchIndex[peer]+1, rf.meetingPoint(args.PrevLogIndex, reply))
	}
	return true
}

// matched takes in that a server's log equals this leader's up to index. With
// the lock.
func (rf *Raft) matched(peer, index int) {
	if index > rf.matchIndex[peer] {
		rf.matchIndex[peer] = index
		rf.advanceCommit()
	}
	rf.nextIndex[peer] = max(rf.nextIndex[peer], rf.matchIndex[peer]+1)
}

// meetingPoint returns where to try next after a server has refused entries
// that follow prev: after the last entry of the conflicting term, if this log
// has any, or where that term begins in the other's. With the lock.
func (rf *Raft) meetingPoint(prev int, reply AppendEntriesReply) int {
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

// advanceCommit commits what a majority holds, if it is of the current term;
// entries of earlier terms are committed with one of the current term, never by
// counting (section 5.4.2 and Figure 8). With the lock.
func (rf *Raft) advanceCommit() {
	rf.matchIndex[rf.me] = rf.log.last().Index
	held := slices.Sorted(slices.Values(rf.matchIndex))
	n := held[(len(held)-1)/2] // a majority holds all up to here
	if n > rf.commitIndex && rf.log.at(n).Term == rf.currentTerm {
		rf.commit(n)
	}
}

// commit takes in that all entries up to index are committed. With the lock.
func (rf *Raft) commit(index int) {
	rf.commitIndex = index
	rf.toApply.Signal()
}

// AppendEntries answers a leader (Figure 2).
func (rf *Raft) AppendEntries(args *AppendEntriesArgs, reply *AppendEntriesReply) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	defer rf.persist()
	if !rf.hear(args.Term, &reply.Term) {
		return
	}
	prev, entries := args.PrevLogIndex, args.Entries
	if covered := rf.log.first().Index - prev; covered > 0 {
		// The snapshot stands for the first of them, which are committed.
		covered = min(covered, len(entries))
		prev, entries = prev+covered, entries[covered:]
		if prev < rf.log.first().Index {
			reply.Success = true
			return
		}
	} else if !rf.matches(args, reply) {
		return
	}
	reply.Success = true
	for i, e := range entries {
		if e.Index > rf.log.last().Index || rf.log.at(e.Index).Term != e.Term {
			rf.log.replaceFrom(e.Index, entries[i:])
			rf.unsaved = true
			break
		}
	}
	if last := min(args.LeaderCommit, prev+len(entries)); last > rf.commitIndex {
		rf.commit(last)
	}
}

// hear takes in a request of a leader in some term. It returns whether that
// leader is to be obeyed, and sets the term of the answer. With the lock.
func (rf *Raft) hear(term int, answer *int) bool {
	if term >= rf.currentTerm {
		rf.follow(term)
		rf.resetElectionTimer()
	}
	*answer = rf.currentTerm
	return term == rf.currentTerm
}

// matches makes the consistency check of section 5.3: whether this log holds
// the entry that precedes the new ones. If not, the reply says where to look.
// With the lock.
func (rf *Raft) matches(args *AppendEntriesArgs, reply *AppendEntriesReply) bool {
	if args.PrevLogIndex > rf.log.last().Index {
		reply.ConflictIndex = rf.log.last().Index + 1
		return false
	}
	term := rf.log.at(args.PrevLogIndex).Term
	if term == args.PrevLogTerm {
		return true
	}
	reply.ConflictTerm = term
	reply.ConflictIndex = args.PrevLogIndex
	for reply.ConflictIndex > rf.log.first().Index+1 && rf.log.at(reply.ConflictIndex-1).Term == term {
		reply.ConflictIndex--
	}
	return false
}
