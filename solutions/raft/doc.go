// Package raft is the instructor's reference for parts 2A to 2D: the Raft of
// the extended paper's Figure 2, with the snapshots of section 7.
//
// Read it beside the paper, in this order: raft.go holds the state of Figure 2
// and the life of a server, election.go the rules of section 5.2 and 5.4.1,
// replication.go those of section 5.3 and 5.4.2, persistence.go what must
// survive a crash, snapshot.go section 7, and log.go the arithmetic of a log
// whose beginning may be gone.
//
// One lock, Raft.mu, guards everything. No goroutine sleeps, sends, or hands an
// entry to the service while it holds it. A method whose comment says "with the
// lock" is called with the lock held. Whoever changes persistent state saves it
// before giving the lock back, and so before anyone is told.
package raft
