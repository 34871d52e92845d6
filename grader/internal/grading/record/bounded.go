package record

import (
	"fmt"
	"slices"

	"raftlab/grader/internal/base/sanitize"
)

// What a submission wrote reaches records as names, messages and warnings. Each is cut,
// so that no submission fills a disk with them, nor the pages that are made of records.
const (
	maxMessage  = 4 << 10 // bytes of a message
	maxName     = 200     // characters of a name, or of another thing of one line
	maxWarning  = 600     // bytes of a warning
	maxWarnings = 24      // of a check, or of a case
	maxFindings = 50      // of the policy
)

// Bounded returns the record with nothing in it longer than records may hold. What is
// cut says so.
func (r Record) Bounded() Record {
	r.Message = sanitize.Cut(r.Message, maxMessage)
	r.Warnings = boundWarnings(r.Warnings)
	if n := len(r.Findings); n > maxFindings {
		r.Warnings = append(slices.Clip(r.Warnings), fmt.Sprintf("the policy refuses %d things, of which %d are listed", n, maxFindings))
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

// boundWarnings cuts each and says how many more there are.
func boundWarnings(warnings []string) (bounded []string) {
	for i, w := range warnings {
		if more := len(warnings) - i; i == maxWarnings-1 && more > 1 {
			return append(bounded, fmt.Sprintf("and %d more warnings", more))
		}
		bounded = append(bounded, sanitize.Cut(w, maxWarning))
	}
	return bounded
}
