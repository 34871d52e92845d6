package kvtest

import (
	"fmt"
	"sync"
	"time"

	"raftlab/internal/quiet"
	"raftlab/labrpc"
)

// LeaseRead3A holds the requests of a server that hears nobody, and releases them at the
// instant at which the leader is cut off. The new leader is there within milliseconds, while
// a lease of any useful length still runs. Programs that deny votes take longer, and pass.
var LeaseRead3A = Case{
	Case: case3A("LeaseRead3A", 1, 3, "a read at a leader that was replaced just now", "reads-without-the-log"),
	play: func(l *Lab) {
		writer, reader := l.NewClient(), l.NewClient()
		seen := 0
		for round := range 3 {
			if l.readAtOldLeader(writer, reader, fmt.Sprintf("key %d", round)) {
				seen++
			}
		}
		if seen == 0 {
			l.trial.Unchecked("%s could not have a leader replaced at the instant at which it was cut off.", l.trial.Case.Name)
		}
	},
}

// candidacy is how long a server that hears nobody may take to ask for votes, and
// localRead how long a leader takes that answers a read from what it has.
const (
	candidacy = 3 * time.Second
	localRead = 50 * time.Millisecond
)

// readAtOldLeader has a leader answered by both others until the instant at which
// one of them, which hears nobody, asks for votes. That instant the leader is cut
// off, and the third may vote at once. When there is a new leader a value is
// written there and read at the old one, which has heard from a majority just now.
// It returns false if no server asked for votes in time.
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
		l.remark("The case wrote the new value at server %d, the new leader, until %.4fs, and then read the old one at server %d, which had been cut off since %.4fs. A leader may answer from its own state only as long as no other can be elected: those who have heard it must deny votes for as long.",
			leader, written.Seconds(), old, apart.Seconds())
	}
	l.settle()
	writer.Reach(all(3)...)
	reader.Reach(all(3)...)
	l.mustEnd(&group, settleWait)
	return asks
}

// leaderBut waits until another server than one leads, and returns it.
func (l *Lab) leaderBut(old int) int {
	for deadline := l.trial.Now() + settleWait; l.trial.Now() < deadline; l.main.Sleep(time.Millisecond) {
		if i := l.Leader(); i >= 0 && i != old {
			return i
		}
	}
	l.trial.Waitedf("no server leads within %v, though two of three can reach each other.", settleWait)
	panic("not reached")
}
