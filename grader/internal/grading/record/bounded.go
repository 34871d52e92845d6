package record

import (
	"fmt"
	"slices"

	"raftlab/grader/internal/base/sanitize"
)

// Text from submissions gets into records as names, messages and warnings. Each is cut, so
// that no submission can fill the disk or the report pages.
const (
	maxMessage  = 4 << 10 // bytes of a message
	maxName     = 200     // characters of a name or another text on one line
	maxWarning  = 600     // bytes of a warning
	maxWarnings = 24      // of a check or a case
	maxFindings = 50      // of the policy
)

// Bounded returns the record with all texts within their limits. Cut texts say so.
func (r Record) Bounded() Record {
	r.Message = sanitize.Cut(r.Message, maxMessage)
	r.Warnings = boundWarnings(r.Warnings)
	if n := len(r.Findings); n > maxFindings {
		r.Warnings = append(slices.Clip(r.Warnings), fmt.Sprintf("there are %d findings of the policy, of which %d are listed", n, maxFindings))
	}
	r.Findings = slices.Clone(r.Findings[:min(maxFindings, len(r.Findings))])
	for i, f := range r.Findings {
		r.Findings[i] = Finding{
			File: sanitize.Short(f.File, maxName), Line: f.Line, What: sanitize.Cut(f.What, maxWarning),
			Why: sanitize.Cut(f.Why, maxWarning), Instead: sanitize.Cut(f.Instead, maxWarning),
		}
	}
	r.Cases = slices.Clone(r.Cases)
	for i := range r.Cases {
		r.Cases[i].bound()
	}
	return r
}

func (c *CaseResult) bound() {
	c.Message = sanitize.Cut(c.Message, maxMessage)
	c.Warnings = boundWarnings(c.Warnings)
	for _, s := range []*string{&c.Property, &c.Read, &c.Paper, &c.Decided, &c.Hash, &c.Output} {
		*s = sanitize.Short(*s, maxName)
	}
}

// boundWarnings cuts each warning, and replaces those beyond the limit by their number.
func boundWarnings(warnings []string) (bounded []string) {
	for i, w := range warnings {
		if more := len(warnings) - i; i == maxWarnings-1 && more > 1 {
			return append(bounded, fmt.Sprintf("and %d more warnings", more))
		}
		bounded = append(bounded, sanitize.Cut(w, maxWarning))
	}
	return bounded
}
