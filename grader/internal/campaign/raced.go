package campaign

import (
	"bytes"
	"errors"
	"slices"

	"raftlab/tests/suite"
)

// A program can close what the race detector reports to, and it can print a report
// of its own. How the process exits it cannot choose: nothing that it may import
// ends a process, and the detector ends it by a status of its own.

// detectorStatus is the exit status of a process that the race detector stopped.
const detectorStatus = 66

// detectorOptions are those of the race detector: it stops at the first race. By
// default a race build sleeps a second before it exits.
const detectorOptions = "GORACE=halt_on_error=1 exitcode=66 atexit_sleep_ms=0"

// stopped reports whether the race detector ended a process, whatever it printed.
func (c Campaign) stopped(e Ended) bool {
	var exit interface{ ExitCode() int }
	return c.Mode == Race && errors.As(e.Err, &exit) && exit.ExitCode() == detectorStatus
}

// noReport is what is said of a race whose report was kept from being printed.
const noReport = "the race detector stopped the program, and its report is missing in what was printed; go test -race shows it"

// raceReport names the places of the race of which the process died, by the last
// report that was printed: an earlier one is not the detector's, which stops at the
// first race.
func (p process) raceReport() string {
	at := bytes.LastIndex(p.output, []byte("==================\nWARNING: DATA RACE\n"))
	if at < 0 {
		return noReport
	}
	return raceSites(string(p.output[at:]))
}

// racedIn returns the case in which a race was seen, -1 if there is none.
func racedIn(results []Result) int {
	return slices.IndexFunc(results, func(r Result) bool { return r.Verdict == Raced })
}

// chargeRace charges the last of the results with a race of which the process died
// after all of them had ended, unless one of them is charged with it.
func (p process) chargeRace(results []Result) {
	if !p.raced || len(results) == 0 || racedIn(results) >= 0 {
		return
	}
	last := &results[len(results)-1]
	before := last.Verdict
	reason := last.Reason
	p.blame(last)
	last.Reason += " (after the case had ended)"
	if before != suite.Passed {
		last.Reason += "\nThe case itself: " + reason
	}
}

// keepRace puts the race that was seen in other results in the place of what the
// same case came to in these, if they hold none: to see no race proves nothing.
func keepRace(results, other []Result) {
	seen := racedIn(other)
	if seen < 0 || racedIn(results) >= 0 {
		return
	}
	for i, r := range results {
		if r.Case == other[seen].Case {
			results[i] = other[seen]
		}
	}
}
