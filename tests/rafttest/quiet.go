package rafttest

import (
	"time"

	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

// quietTime is how long QuietCluster2A watches an idle cluster: about 1,200 heartbeats, and an
// hour in the thirty runs of a grading. An hour in each run would take more time than all other
// cases of 2A to 2D together, and most of a gigabyte for the trace.
const quietTime = 2 * time.Minute

// QuietCluster2A checks that a leader stays while nothing fails.
var QuietCluster2A = Case{
	Case: suite.Case{
		Name: "QuietCluster2A", Part: "2A", Points: 1, Servers: 3,
		Title: "nothing happens for a long time", Paper: "section 5.2", Handout: "2a.md#initial-election",
		Limit: quietTime + suite.DefaultLimit, Clocks: []clock.Kind{clock.Virtual, clock.Exact},
	},
	play: func(l *Lab) {
		leader := l.Leader()
		term := l.Term()
		since, at := l.cluster.Net.GetTotalCount(), l.trial.Now()
		for l.trial.Now()-at < quietTime {
			l.main.Sleep(quietTime / 10)
			now, leads := l.State(l.main, leader)
			if now != term || !leads {
				l.trial.Waitedf("server %d led term %d but no longer does (it is in term %d): there was an election within %v, although nothing failed.", leader, term, now, (l.trial.Now() - at).Round(time.Second))
			}
		}
		l.budget("while nothing happened", since, at, 0)
	},
}
