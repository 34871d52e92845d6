package suite

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"raftlab/tests/monitor"
)

// grace is how long after a consequence was detected a case may still report its cause.
// Cases that injected a fault check its outcome within 200 ms, the time that a server has to
// act on a message. Failures that a case finds later may have another cause.
const grace = 300 * time.Millisecond

// find records a violation that a monitor found in the trace. It ignores violations after
// the failure that ended the case, because they may be due to that failure.
func (t *Trial) find(v *monitor.Violation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.findings); n == 0 || v.At <= t.findings[n-1].At {
		t.findings = append([]*monitor.Violation{v}, t.findings...)
	}
}

// first chooses the violation to report, and returns the others as well: one of each
// property, in the order of their times. It chooses the earliest, because later ones may be
// due to it, with three exceptions. It chooses a symptom only if there is nothing else, and
// messages that the lab cannot read before anything else. Of violations at the same time,
// and those that a case reports soon after, it chooses the one of the highest rank.
func first(findings []*monitor.Violation) (chosen *monitor.Violation, also []*monitor.Violation) {
	all := slices.Clone(findings)
	slices.SortStableFunc(all, func(a, b *monitor.Violation) int { return cmp.Compare(a.At, b.At) })
	for _, v := range all {
		switch {
		case chosen == nil || chosen.Rank() == monitor.Symptom && v.Rank() > monitor.Symptom:
			chosen = v
		case v.Rank() <= chosen.Rank():
		case v.Rank() == monitor.Unread:
			chosen = v
		case v.At == chosen.At, v.Rank() == monitor.Diagnosis && v.At-chosen.At <= grace:
			chosen = v
		}
	}
	seen := map[string]bool{chosen.Property: true}
	for _, v := range all {
		if v != chosen && !seen[v.Property] {
			seen[v.Property] = true
			also = append(also, v)
		}
	}
	return chosen, also
}

// Brief describes another violation in at most two lines.
func Brief(v *monitor.Violation) string {
	const room = 2*width - len("  also:  ") - len("  ") - 20 // lines break at spaces
	message, _, _ := strings.Cut(v.Error(), "\n")
	line := fmt.Sprintf("at %.3fs, %s", v.At.Seconds(), message)
	if letters := []rune(line); len(letters) > room {
		line = string(letters[:room-3]) + "..."
	}
	return strings.TrimPrefix(Fold("also:  "+line), "also:  ")
}
