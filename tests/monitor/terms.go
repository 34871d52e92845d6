package monitor

import (
	"fmt"
	"sort"

	"raftlab/tests/trace"
)

// TermsNeverGoBack checks that a server's term never decreases (section 5.1), also across
// restarts. The terms are those that GetState and Start return. Two calls that overlap may
// return in either order, so a term is compared with those known before its call.
func TermsNeverGoBack(h *History) (*Violation, string) {
	known := map[int][]trace.Event{} // by server: the events at which its term increased
	for _, e := range h.Events {
		if e.Kind != trace.State && e.Kind != trace.Start {
			continue
		}
		rises := known[e.Server]
		if n := sort.Search(len(rises), func(k int) bool { return rises[k].At >= e.Asked }); n > 0 && e.Term < rises[n-1].Term {
			return &Violation{
				Property: "TermsNeverGoBack", At: e.At,
				What:  fmt.Sprintf("server %d is in term %d, but at %s it was in term %d.", e.Server, e.Term, seconds(rises[n-1].At), rises[n-1].Term),
				Paper: "section 5.1, Figure 2 (persistent state)", Handout: "2c.md#what-must-survive",
			}, ""
		}
		if len(rises) == 0 || e.Term > rises[len(rises)-1].Term {
			known[e.Server] = append(rises, e)
		}
	}
	return nil, ""
}
