package suite

import (
	"fmt"
	"time"

	"raftlab/tests/monitor"
)

// dataRace is the property that the program has no data races.
const dataRace = "DataRace"

// raced records that the race detector has reported races while the case ran. The detector
// has printed its reports, and makes the test fail when it ends.
func (r *Result) raced(times int) {
	message := fmt.Sprintf("the race detector reported %d data races while this case ran (see above). Each report names the two accesses, and where their goroutines were created.", times)
	if times == 1 {
		message = "the race detector reported a data race while this case ran (see above). The report names the two accesses, and where their goroutines were created."
	}
	if r.Verdict != Passed {
		r.Warnings = append(r.Warnings, message)
		return
	}
	r.Verdict = Failed
	r.Failure = &monitor.Violation{
		Property: dataRace, At: time.Duration(r.Virtual * float64(time.Second)), What: message, Handout: "locking.md",
	}
}
