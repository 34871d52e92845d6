package raft

import "raftlab/raft/raftapi"

// applyLoop sends committed entries to the service in log order. It is the only
// sender on applyCh. It does not hold the lock while it sends: the service may call
// Snapshot before it receives the next message.
func (rf *Raft) applyLoop() {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	for !rf.killed() {
		messages := rf.nextMessages()
		if len(messages) == 0 {
			rf.toApply.Wait()
			continue
		}
		rf.mu.Unlock()
		for _, m := range messages {
			select {
			case rf.applyCh <- m:
			case <-rf.stop: // the service may no longer receive
				rf.mu.Lock() // for the deferred Unlock
				return
			}
		}
		rf.mu.Lock()
	}
}

// nextMessages returns the messages to send to the service next, and counts them as
// applied. rf.mu must be held.
func (rf *Raft) nextMessages() (messages []raftapi.ApplyMsg) {
	// InstallSnapshot, step 8: reset the state machine with the snapshot.
	if m := rf.pendingSnapshot; m != nil {
		rf.pendingSnapshot = nil
		rf.lastApplied = m.SnapshotIndex
		return []raftapi.ApplyMsg{*m}
	}
	// All servers, §5.3: while commitIndex > lastApplied, increment lastApplied
	// and apply log[lastApplied].
	for rf.lastApplied < rf.commitIndex {
		rf.lastApplied++
		e := rf.log.at(rf.lastApplied)
		messages = append(messages, raftapi.ApplyMsg{CommandValid: true, Command: e.Command, CommandIndex: e.Index})
	}
	return messages
}
