package kvtest

import (
	"fmt"

	"raftlab/tests/suite"
)

// Rules returns the limits that the cases of 3A and 3B check.
func Rules() []suite.Rule {
	return []suite.Rule{
		suite.NewRule("Time", "When nothing fails, an operation takes on average at most", speedLimit.String(), "Speed3A, Speed3B"),
		suite.NewRule("Time", "When its server is no longer the leader and there is a new one, an operation ends within", lostLeadership.String(), "OnePartition3A"),
		suite.NewRule("Time", "When all faults have ended, an operation ends within", settleWait.String(), ""),
		suite.NewRule("Disk", "The saved Raft state grows to at most", fmt.Sprintf("%d times maxraftstate", maxGrowth), "those of part 3B"),
		suite.NewRule("Disk", "With a maxraftstate of -1, the service takes a snapshot", "never", "those of part 3A"),
	}
}
