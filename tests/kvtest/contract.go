package kvtest

import (
	"fmt"

	"raftlab/tests/suite"
)

// Rules are what the cases of 3A and 3B hold a service to, in figures.
func Rules() []suite.Rule {
	return []suite.Rule{
		suite.NewRule("Time", "An operation takes on average, when nothing fails, at most", speedLimit.String(), "Speed3A, Speed3B"),
		suite.NewRule("Time", "An operation ends, when its server has lost the leadership and another leads, within", lostLeadership.String(), "OnePartition3A"),
		suite.NewRule("Time", "An operation ends, when all faults have ended, within", settleWait.String(), ""),
		suite.NewRule("Disk", "The Raft state saved grows to at most", fmt.Sprintf("%d times maxraftstate", maxGrowth), "those of part 3B"),
		suite.NewRule("Disk", "With a maxraftstate of -1 snapshots are taken", "never", "those of part 3A"),
	}
}
