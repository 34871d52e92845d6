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
	beats         = 3 // heartbeats that fit into the smallest election timeout, at least
)

// Rules are what the cases of 2A to 2D hold a server to, in figures.
func Rules() []suite.Rule {
	calls, window := cluster.Storm()
	return []suite.Rule{
		suite.NewRule("Timers", "Election timeouts are drawn anew each time, at random, from a range within", fmt.Sprintf("%v to %v", smallestTimeout, longestTimeout), "RandomTimeouts2A, GrantResets2A, StaleCampaigner2A, StaleLeader2A"),
		suite.NewRule("Timers", "Twenty timeouts of one server differ by", fmt.Sprintf("%v or more", leastSpread), "RandomTimeouts2A"),
		suite.NewRule("Timers", "A leader's heartbeats come every", fastHeartbeat+" to "+slowHeartbeat, ""),
		suite.NewRule("Timers", "The smallest election timeout is as long as", fmt.Sprintf("%d heartbeats or more", beats), ""),
		suite.NewRule("Timers", "A loop that looks at the time again and again does so every", fmt.Sprintf("%v or less", looseLoop), ""),
		suite.NewRule("Timers", "A server that hears of no leader campaigns within", mustCampaign.String(), "StaleCampaigner2A, StaleLeader2A"),
		suite.NewRule("Timers", "From the vote that decides to the winner's first heartbeat, in at least one of six elections, it takes at most", firstHeartbeat.String(), "FirstHeartbeat2A"),
		suite.NewRule("Timers", "A caller may give up on its own call, and ignore what is answered later, after", fmt.Sprintf("%v or more", patience), ""),
		suite.NewRule("Time", "When a majority can reach each other there is a leader within", electionWait.String(), ""),
		suite.NewRule("Time", "A command that a leader takes is applied by all within, when nothing fails", commitWait.String(), ""),
		suite.NewRule("Time", "When all faults have ended all servers agree within", agreementWait.String(), ""),
		suite.NewRule("Time", "Logs that part by hundreds of entries are one, though messages go on being lost and late, within", divergedWait.String(), "Figure8Unreliable2C"),
		suite.NewRule("Time", "A case takes at most, on its own clock", suite.DefaultLimit.String(), ""),
		suite.NewRule("Calls and bytes", "An election takes at most", fmt.Sprintf("%d calls", electionRPCs), "Count2B"),
		suite.NewRule("Calls and bytes", fmt.Sprintf("%d commands, started at once, take at most", countCommands), fmt.Sprintf("%d calls, and the idle ones", commandRPCs), "Count2B"),
		suite.NewRule("Calls and bytes", "While nothing happens a leader makes at most", fmt.Sprintf("%d calls a second to each follower", idleRate), "Count2B, QuietCluster2A"),
		suite.NewRule("Calls and bytes", "While nothing fails there is no election within", quietTime.String(), "QuietCluster2A"),
		suite.NewRule("Calls and bytes", fmt.Sprintf("From %v after Kill on, a server sends at most", monitor.KillGrace), fmt.Sprintf("%d requests", monitor.CallsAfterKill), ""),
		suite.NewRule("Calls and bytes", "A server begins within a second at most", fmt.Sprintf("%d elections", monitor.CampaignsPerSecond), ""),
		suite.NewRule("Calls and bytes", "A server that is started begins no election within", atFirst.String(), "RandomTimeouts2A"),
		suite.NewRule("Calls and bytes", "A server calls another within a second at most", fmt.Sprintf("%d times, and %d times for each command of late", monitor.CallsPerSecond, monitor.CallsPerCommand), ""),
		suite.NewRule("Calls and bytes", fmt.Sprintf("The servers of a case make within %v at most", window), fmt.Sprintf("%d calls", calls), ""),
		suite.NewRule("Calls and bytes", "Ten commands of 5 kB take at most", fmt.Sprintf("%d times their bytes, and %d kB", payloadTimes, payloadMore/1000), "RPCBytes2B"),
		suite.NewRule("Calls and bytes", "While refusals reach a leader late, its messages have at most", fmt.Sprintf("the entries refused %d times for each of them, and %d bytes a call", perRefusal, perCall), "LateRejections2B"),
		suite.NewRule("Disk", fmt.Sprintf("With a snapshot every %d entries the Raft state saved has at most", snapshotInterval), fmt.Sprintf("%d bytes", maxRaftState), "those of part 2D"),
		suite.NewRule("Disk", "A snapshot that the service hands over is on the disk within", commitWait.String(), "OvertakenSnapshot2D"),
	}
}
