package class

import (
	"path/filepath"
	"strings"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/grading/record"
	"raftlab/tests/suite"
)

// Logs of a submission that are kept: as many of each kind of failure in a mode as have
// pages, and so many bytes of an attempt. The first are kept, since records name them.
const (
	logsAlike = 3
	logsBytes = 32 << 20
)

// newKeeper returns what bounds the logs of this attempt, those that are there included.
func (a *attempt) newKeeper() *campaign.Keeper {
	k := &campaign.Keeper{PerKind: logsAlike, Bytes: logsBytes}
	for _, r := range a.progress.made() {
		for _, c := range r.Cases {
			if c.Log != "" {
				k.Restore(filepath.Join(a.grading.class.Out, filepath.FromSlash(c.Log)), c.Name, r.Seed, failureKind(c, r.Mode), 0)
			}
		}
	}
	return k
}

// keep keeps what a failure left, and reports whether it did: there may be enough of its
// kind.
func (a *attempt) keep(r *campaign.Result, m record.Mode) bool {
	a.keeper().Keep(r, failureKind(caseResult(a.grading.class.Out, *r), m), 0)
	return r.Kept()
}

// failureKind is the same for failures of a case in one mode that tell the same, but for
// numbers, in what records hold of them.
func failureKind(c record.CaseResult, m record.Mode) string {
	c = record.Record{Cases: []record.CaseResult{c}}.Bounded().Cases[0]
	return strings.Join([]string{string(m), c.Name, string(c.Outcome), c.Property, suite.SameBut(c.Message)}, "\n")
}
