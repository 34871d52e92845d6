package suite

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"raftlab/tests/monitor"
)

// grace is how long after a consequence was seen a case may still say what it is a
// consequence of. Cases that placed a fault look at what came of it within 200 ms, which
// is how long a server may take to act on a message; what a case finds later may have
// another reason.
const grace = 300 * time.Millisecond

// find records what a monitor over the whole record found. What came after that which
// ended the case may be due to it, and tells nothing.
func (t *Trial) find(v *monitor.Violation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.findings); n == 0 || v.At <= t.findings[n-1].At {
		t.findings = append([]*monitor.Violation{v}, t.findings...)
	}
}

// first chooses what is told of all that went wrong, and returns the others as well, a
// property once, in the order of their times. It is the earliest, since what comes
// later may be due to that; a mere symptom is told if there is nothing else, and what
// the lab cannot read before all. Of what
// was seen at one time, and of that which a case says about it soon after, it is what
// has the highest rank.
func first(findings []*monitor.Violation) (told *monitor.Violation, also []*monitor.Violation) {
	all := slices.Clone(findings)
	slices.SortStableFunc(all, func(a, b *monitor.Violation) int { return cmp.Compare(a.At, b.At) })
	for _, v := range all {
		switch {
		case told == nil || told.Rank() == monitor.Symptom && v.Rank() > monitor.Symptom:
			told = v
		case v.Rank() <= told.Rank():
		case v.Rank() == monitor.Unread:
			told = v
		case v.At == told.At, v.Rank() == monitor.Diagnosis && v.At-told.At <= grace:
			told = v
		}
	}
	said := map[string]bool{told.Property: true}
	for _, v := range all {
		if v != told && !said[v.Property] {
			said[v.Property] = true
			also = append(also, v)
		}
	}
	return told, also
}

// Brief says in two lines what else went wrong.
func Brief(v *monitor.Violation) string {
	const room = 2*width - len("  also:  ") - len("  ") - 20 // lines end at a space
	said, _, _ := strings.Cut(v.Error(), "\n")
	line := fmt.Sprintf("at %.3fs, %s", v.At.Seconds(), said)
	if letters := []rune(line); len(letters) > room {
		line = string(letters[:room-3]) + "..."
	}
	return strings.TrimPrefix(Fold("also:  "+line), "also:  ")
}
