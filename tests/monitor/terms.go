package monitor

import (
	"fmt"

	"raftlab/tests/trace"
)

// TermsNeverGoBack: a server's term only rises (section 5.1), across restarts as
// well, as seen in what GetState and Start return.
func TermsNeverGoBack(h *History) (*Violation, string) {
	latest := map[int]trace.Event{}
	for _, e := range h.Events {
		if e.Kind != trace.State && e.Kind != trace.Start {
			continue
		}
		if before, ok := latest[e.Server]; ok && e.Term < before.Term {
			return &Violation{
				Property: "TermsNeverGoBack", At: e.At,
				What:  fmt.Sprintf("server %d is in term %d, and at %s it was in term %d.", e.Server, e.Term, seconds(before.At), before.Term),
				Paper: "section 5.1, Figure 2 (persistent state)", Handout: "2c.md#what-must-survive",
			}, ""
		}
		latest[e.Server] = e
	}
	return nil, ""
}
