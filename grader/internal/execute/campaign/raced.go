package campaign

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"raftlab/grader/internal/base/stacks"
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
func (c Campaign) stopped(e Exit) bool {
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
	return raceSites(string(p.output[at:]), p.sources)
}

// noSites is what is said of a report in which no place is of the program that raced.
const noSites = "its report names no place in this program; go test -race shows it"

// raceSites names the places of a race: in each stack the innermost that is of the
// program. Others, such as what the lab calls or a path that the program made up, say
// nothing of it. sources are the files of the program by package and name, such as
// raft/raft.go; nil takes any of the lab's module for one.
func raceSites(report string, sources map[string]bool) string {
	snapshot, _, err := stacks.Scan(strings.NewReader(report))
	if snapshot == nil || err != nil && err != io.EOF {
		return "see the log"
	}
	var sites []string
	for _, g := range snapshot.Goroutines {
		verb := "read"
		if g.RaceWrite {
			verb = "written"
		}
		for _, call := range g.Stack.Calls {
			if strings.HasPrefix(call.Func.ImportPath, "raftlab/") && (sources == nil || sources[path.Join(path.Base(call.Func.ImportPath), call.SrcName)]) {
				sites = append(sites, fmt.Sprintf("%s in %s %s:%d", verb, call.Func.DirName+"."+call.Func.Name, call.SrcName, call.Line))
				break
			}
		}
	}
	if len(sites) == 0 {
		return noSites
	}
	return strings.Join(sites, ", ")
}

// programFiles are the files of the programs that are built, by package and name.
func (c Campaign) programFiles() map[string]bool {
	files := map[string]bool{}
	for _, pkg := range c.Packages() {
		found, _ := filepath.Glob(filepath.Join(c.Dir, pkg, "*.go"))
		for _, file := range append(found, slices.Collect(maps.Keys(c.Replace))...) {
			if path.Base(filepath.ToSlash(filepath.Dir(file))) == pkg {
				files[path.Join(pkg, filepath.Base(file))] = true
			}
		}
	}
	return files
}

// raceIndex returns the case in which a race was seen, -1 if there is none.
func raceIndex(results []Result) int {
	return slices.IndexFunc(results, func(r Result) bool { return r.Verdict == Raced })
}

// chargeRace charges the last of the results with a race of which the process died
// after all of them had ended, unless one of them is charged with it.
func (p process) chargeRace(results []Result) {
	if !p.raced || len(results) == 0 || raceIndex(results) >= 0 {
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
	seen := raceIndex(other)
	if seen < 0 || raceIndex(results) >= 0 {
		return
	}
	for i, r := range results {
		if r.Case == other[seen].Case {
			results[i] = other[seen]
		}
	}
}
