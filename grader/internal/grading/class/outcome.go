package class

import (
	"path/filepath"
	"regexp"
	"strings"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/grading/record"
	"raftlab/tests/monitor"
	"raftlab/tests/stall"
	"raftlab/tests/suite"
)

// caseResult returns the record of a case in a results folder.
func caseResult(results string, r campaign.Result) record.CaseResult {
	c := record.CaseResult{
		Name: r.Case, Outcome: outcomeOf(r), Warnings: r.Warnings, Leaked: r.Left, Decided: string(r.Decided),
		Virtual: r.Virtual, Wall: r.Wall, RPCs: r.RPCs, Bytes: r.Bytes, Commits: r.Commits, Hash: r.Hash, Output: r.Output,
	}
	if c.Outcome == record.Passed {
		return c
	}
	c.Message = r.Reason
	if r.Failure != nil {
		c.Property, c.Read, c.Paper = r.Failure.Property, r.Failure.Handout, r.Failure.Paper
	}
	if log, err := filepath.Rel(results, r.Log); err == nil && r.Kept() {
		c.Log = filepath.ToSlash(log)
	}
	return c
}

// outcomeOf returns the recorded outcome of a result.
func outcomeOf(r campaign.Result) record.Outcome {
	switch r.Verdict {
	case suite.Passed:
		return record.Passed
	case suite.Failed:
		return record.Assertion
	case suite.Stalled:
		if r.Stall == stall.LockCycle {
			return record.Deadlock
		}
		return record.Stall
	case suite.Undecided, campaign.TimedOut:
		return record.Timeout
	case campaign.Raced:
		return record.DataRace
	case campaign.Memory:
		return record.Memory
	case campaign.Output:
		return record.Output
	case campaign.OverBudget:
		return record.OverBudget
	case campaign.GraderFault:
		return record.GraderFault
	case campaign.Died:
		return outcomeOfDeath(r.Reason)
	}
	return record.NoVerdict
}

// sealedDeath matches the beginning of the line that reports the death of a sealed server.
var sealedDeath = regexp.MustCompile(`^` + monitor.ServerDied + `: (server|clerk) \d+: `)

// outcomeOfDeath returns the outcome of a process or sealed server that died, given the
// line that reports its death.
func outcomeOfDeath(reason string) record.Outcome {
	reason = sealedDeath.ReplaceAllString(reason, "")
	switch {
	case strings.HasPrefix(reason, "panic: "):
		return record.Panic
	case strings.Contains(reason, "all goroutines are asleep"):
		return record.Deadlock
	case strings.Contains(reason, "out of memory"):
		return record.Memory
	}
	return record.Fatal
}
