package kvtest

import (
	"fmt"
	"sync"
	"time"

	"raftlab/internal/quiet"
	"raftlab/labrpc"
)

// LeaseRead3A holds the requests of a server that hears no other, and releases them at the
// same time as the leader is cut off. There is a new leader within milliseconds, while any
// lease of a useful length has not expired. Programs that deny votes take longer, and pass.
var LeaseRead3A = Case{
	Case: case3A("LeaseRead3A", 1, 3, "a read at a leader that was just replaced", "reads-without-the-log"),
	play: func(l *Lab) {
		writer, reader := l.NewClient(), l.NewClient()
		seen := 0
		for round := range 3 {
			if l.readAtOldLeader(writer, reader, fmt.Sprintf("key %d", round)) {
				seen++
			}
		}
		if seen == 0 {
			l.trial.Unchecked("%s could not have a leader replaced as soon as it was cut off.", l.trial.Case.Name)
		}
	},
}

const (
	candidacy = 3 * time.Second       // how long a server that hears no leader may take to request votes
	localRead = 50 * time.Millisecond // how long a leader may take to reply to a read from its own state
)

// readAtOldLeader lets both other servers reply to a leader until one of them, which hears no
// other server, requests votes. At that time it cuts the leader off, and the third server can
// vote immediately. When there is a new leader, a value is written there and read at the old
// one, which has just heard from a majority. It returns false if no server requested votes in
// time.
func (l *Lab) readAtOldLeader(writer, reader *Client, key string) bool {
	writer.Put(key, "old")
	old := l.leader()
	third, candidate := (old+1)%3, (old+2)%3
	reader.Reach(old)
	reader.Get(key)

	var asked quiet.Counter
	l.cluster.Watch(func(e labrpc.Event) {
		if e.Kind == labrpc.Sent && e.Link.From == candidate {
			asked.Add(1)
		}
	})
	says := []labrpc.Link{{From: candidate, To: old}, {From: candidate, To: third}}
	requests := l.cluster.Net.Hold(labrpc.Filter{Links: says, Kind: labrpc.Sent})
	for _, link := range says {
		l.cluster.SetLink(link.Back(), labrpc.Faults{Cut: true})
	}
	before := asked.Load()
	for deadline := l.trial.Now() + candidacy; asked.Load() == before && l.trial.Now() < deadline; {
		l.main.Sleep(time.Millisecond)
	}
	asks := asked.Load() > before
	l.cluster.Partition([]int{old}, []int{third, candidate})
	apart := l.trial.Now()
	for _, link := range says {
		l.cluster.SetLink(link.Back(), labrpc.Faults{})
	}
	requests.Release()

	leader := l.leaderBut(old)
	writer.Reach(third, candidate)
	writer.Put(key, "new")
	written := l.trial.Now()
	var group sync.WaitGroup
	var read quiet.Counter // when the read at the old leader returned, and found the old value
	group.Go(func() {
		if reader.Get(key) == "old" {
			read.Add(int64(l.trial.Now()))
		}
	})
	l.main.Sleep(localRead)
	if at := time.Duration(read.Load()); at > 0 {
		l.remark("The case had written the new value at server %d, the new leader, by %.4fs, and then read the old value at server %d, which had been cut off since %.4fs. A leader may reply from its own state only while no other leader can be elected: servers that have heard it must deny votes for that time.",
			leader, written.Seconds(), old, apart.Seconds())
	}
	l.settle()
	writer.Reach(all(3)...)
	reader.Reach(all(3)...)
	l.mustEnd(&group, settleWait)
	return asks
}

// leaderBut waits until a server other than old leads, and returns it.
func (l *Lab) leaderBut(old int) int {
	for deadline := l.trial.Now() + settleWait; l.trial.Now() < deadline; l.main.Sleep(time.Millisecond) {
		if i := l.Leader(); i >= 0 && i != old {
			return i
		}
	}
	l.trial.Waitedf("no server became leader within %v, although two of three can reach each other.", settleWait)
	panic("not reached")
}
