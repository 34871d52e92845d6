package class

import (
	"path/filepath"
	"strings"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/grading/record"
	"raftlab/tests/suite"
)

// Limits for the logs of a submission: logs of each kind of failure in a mode, and bytes
// of an attempt. The first logs are kept, because records name them.
const (
	logsAlike = 3
	logsBytes = 32 << 20
)

// newKeeper returns the keeper of this attempt's logs. It includes logs that exist
// already.
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

// keep keeps the files of a failure, and reports whether it did. It does not if there are
// enough of that kind.
func (a *attempt) keep(r *campaign.Result, m record.Mode) bool {
	a.keeper().Keep(r, failureKind(caseResult(a.grading.class.Out, *r), m), 0)
	return r.Kept()
}

// failureKind returns a text that is equal for failures of a case in one mode that differ
// in numbers only, as records describe them.
func failureKind(c record.CaseResult, m record.Mode) string {
	c = record.Record{Cases: []record.CaseResult{c}}.Bounded().Cases[0]
	return strings.Join([]string{string(m), c.Name, string(c.Outcome), c.Property, suite.SameBut(c.Message)}, "\n")
}
