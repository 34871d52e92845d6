// Package raft is the instructor's reference for parts 2A to 2D: Raft as in
// Figure 2 of the extended paper, with the snapshots of section 7.
//
// Read it beside Figure 2 (and Figure 13). Each receiver step has its number and
// section, as in "1. §5.1", in the one handler that implements it:
//
//	State                                    raft.go         Raft
//	RequestVote, receiver steps 1 and 2      election.go     RequestVote
//	AppendEntries, receiver steps 1 to 5     replication.go  AppendEntries
//	InstallSnapshot, receiver steps 1 to 8   snapshot.go     InstallSnapshot
//	All servers: apply what is committed     apply.go        applyLoop
//	All servers: a higher term               election.go     becomeFollower
//	Followers: the election timeout          election.go     electionLoop
//	Candidates: start an election            election.go     startElection
//	Candidates: votes of a majority          election.go     requestVote, becomeLeader
//	Candidates: a new leader                 replication.go  AppendEntries
//	Leaders: heartbeats                      replication.go  heartbeatLoop
//	Leaders: a command from a client         raft.go         Start
//	Leaders: last log index ≥ nextIndex      replication.go  replicate
//	Leaders: replies to AppendEntries        replication.go  sendAppendEntries
//	Leaders: an N for commitIndex            replication.go  advanceCommitIndex
//	Persistent state                         persistence.go  persist, restore
//
// InstallSnapshot differs from Figure 13 in one respect: it continues after step 6.
// If the log has the entries, they are not applied yet, and the service gets the
// snapshot instead, which is faster.
//
// log.go translates between indexes and positions in a log that begins after a
// snapshot. savedlog.go makes persist faster and is not part of the algorithm: skip
// it at a first reading.
//
// One lock, Raft.mu, guards everything. No goroutine sleeps, calls another
// server, or sends to the service while it holds the lock. Code that changes
// persistent state calls persist before it releases the lock, so that the state
// is on the disk before any reply or request can reveal it.
package raft
