package rafttest

import (
	"fmt"

	"raftlab/tests/cluster"
	"raftlab/tests/monitor"
	"raftlab/tests/suite"
)

// The range of timers that the course allows; see the contract in the handouts.
const (
	fastHeartbeat = "50 ms"
	slowHeartbeat = "150 ms"
	beats         = 3 // minimum number of heartbeats within the smallest election timeout
)

// Rules returns the limits that the cases of 2A to 2D check.
func Rules() []suite.Rule {
	calls, window := cluster.Storm()
	return []suite.Rule{
		suite.NewRule("Timers", "Each election timeout is drawn at random from a range within", fmt.Sprintf("%v to %v", smallestTimeout, longestTimeout), "RandomTimeouts2A, GrantResets2A, StaleCampaigner2A, StaleLeader2A"),
		suite.NewRule("Timers", "Twenty timeouts of one server differ by", fmt.Sprintf("%v or more", leastSpread), "RandomTimeouts2A"),
		suite.NewRule("Timers", "A leader's heartbeats come every", fastHeartbeat+" to "+slowHeartbeat, ""),
		suite.NewRule("Timers", "The smallest election timeout lasts", fmt.Sprintf("%d heartbeats or more", beats), ""),
		suite.NewRule("Timers", "A loop that checks the time does so every", fmt.Sprintf("%v or less", looseLoop), ""),
		suite.NewRule("Timers", "A server that hears from no leader starts an election within", mustCampaign.String(), "StaleCampaigner2A, StaleLeader2A"),
		suite.NewRule("Timers", "In at least one of six elections, the time from the deciding vote to the winner's first heartbeat is at most", firstHeartbeat.String(), "FirstHeartbeat2A"),
		suite.NewRule("Timers", "A caller may abandon its call, and ignore a later reply, after", fmt.Sprintf("%v or more", patience), ""),
		suite.NewRule("Time", "When a majority can reach each other, there is a leader within", electionWait.String(), ""),
		suite.NewRule("Time", "When nothing fails, all servers apply a command that a leader accepted within", commitWait.String(), ""),
		suite.NewRule("Time", "When all faults have ended, all servers agree within", agreementWait.String(), ""),
		suite.NewRule("Time", "Logs that differ in hundreds of entries become identical, while messages are still lost and delayed, within", divergedWait.String(), "Figure8Unreliable2C"),
		suite.NewRule("Time", "A case takes at most, on its own clock", suite.DefaultLimit.String(), ""),
		suite.NewRule("Calls and bytes", "An election takes at most", fmt.Sprintf("%d calls", electionRPCs), "Count2B"),
		suite.NewRule("Calls and bytes", fmt.Sprintf("%d commands, started together, take at most", countCommands), fmt.Sprintf("%d calls, and those while nothing happens", commandRPCs), "Count2B"),
		suite.NewRule("Calls and bytes", "While nothing happens, a leader makes at most", fmt.Sprintf("%d calls a second to each follower", idleRate), "Count2B, QuietCluster2A"),
		suite.NewRule("Calls and bytes", "While nothing fails, there is no election within", quietTime.String(), "QuietCluster2A"),
		suite.NewRule("Calls and bytes", fmt.Sprintf("Later than %v after Kill, a server sends at most", monitor.KillGrace), fmt.Sprintf("%d requests", monitor.CallsAfterKill), ""),
		suite.NewRule("Calls and bytes", "Within a second, a server begins at most", fmt.Sprintf("%d elections", monitor.CampaignsPerSecond), ""),
		suite.NewRule("Calls and bytes", "After its start, a server begins no election within", atFirst.String(), "RandomTimeouts2A"),
		suite.NewRule("Calls and bytes", "Within a second, a server calls another at most", fmt.Sprintf("%d times, and %d times for each recent command", monitor.CallsPerSecond, monitor.CallsPerCommand), ""),
		suite.NewRule("Calls and bytes", fmt.Sprintf("Within %v, the servers of a case make at most", window), fmt.Sprintf("%d calls", calls), ""),
		suite.NewRule("Calls and bytes", "Ten commands of 5 kB take at most", fmt.Sprintf("%d times their size, and %d kB", payloadTimes, payloadMore/1000), "RPCBytes2B"),
		suite.NewRule("Calls and bytes", "While late refusals reach a leader, it sends at most", fmt.Sprintf("the refused entries %d times for each refusal, and %d bytes per call", perRefusal, perCall), "LateRejections2B"),
		suite.NewRule("Disk", fmt.Sprintf("With a snapshot every %d entries, the saved Raft state has at most", snapshotInterval), fmt.Sprintf("%d bytes", maxRaftState), "those of part 2D"),
		suite.NewRule("Disk", "A snapshot from the service is on the disk within", commitWait.String(), "OvertakenSnapshot2D"),
	}
}
