package suite

import (
	"fmt"
	"time"

	"raftlab/tests/monitor"
)

// dataRace is the property that no two goroutines meet at a variable.
const dataRace = "DataRace"

// raced takes in that the race detector has reported races while the case ran: it
// has printed them, with their lines, and fails the test when it is over.
func (r *Result) raced(times int) {
	what := fmt.Sprintf("the race detector reported %d data races while this case ran, above: each says which two lines meet, and where their goroutines began.", times)
	if times == 1 {
		what = "the race detector reported a data race while this case ran, above: it says which two lines meet, and where their goroutines began."
	}
	if r.Verdict != Passed {
		r.Warnings = append(r.Warnings, what)
		return
	}
	r.Verdict = Failed
	r.Failure = &monitor.Violation{
		Property: dataRace, At: time.Duration(r.Virtual * float64(time.Second)), What: what, Handout: "locking.md",
	}
}
