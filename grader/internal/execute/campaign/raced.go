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

// A program can close the race detector's output, and it can print a fake report. It
// cannot choose its exit status: no package that it may import ends a process, and the
// detector uses a status of its own.

// detectorStatus is the exit status of a process that the race detector stopped.
const detectorStatus = 66

// detectorOptions makes the race detector stop at the first race. By default a race build
// sleeps a second before it exits.
const detectorOptions = "GORACE=halt_on_error=1 exitcode=66 atexit_sleep_ms=0"

// stopped reports whether the race detector stopped a process, whatever it printed.
func (c Campaign) stopped(e Exit) bool {
	var exit interface{ ExitCode() int }
	return c.Mode == Race && errors.As(e.Err, &exit) && exit.ExitCode() == detectorStatus
}

// noReport is the message about a race whose report was suppressed.
const noReport = "the race detector stopped the program, but its report is missing from the output; go test -race shows it"

// raceReport returns the places of the race that ended the process. It uses the last
// report in the output: the detector stops at the first race, so an earlier report is
// fake.
func (p process) raceReport() string {
	at := bytes.LastIndex(p.output, []byte("==================\nWARNING: DATA RACE\n"))
	if at < 0 {
		return noReport
	}
	return raceSites(string(p.output[at:]), p.sources)
}

// noSites is the message about a report without any place in the program.
const noSites = "its report names no place in this program; go test -race shows it"

// raceSites returns the places of a race: in each stack the innermost call that belongs to
// the program. Other calls, such as those of the lab or with a made-up path, are of no
// use. sources holds the files of the program by package and name, such as raft/raft.go;
// with nil any file of the lab's module counts.
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

// programFiles returns the files of the built programs, by package and name.
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

// raceIndex returns the index of the case with a race, -1 if there is none.
func raceIndex(results []Result) int {
	return slices.IndexFunc(results, func(r Result) bool { return r.Verdict == Raced })
}

// chargeRace charges the last result with the race that ended the process after all cases,
// unless another result is charged with it.
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

// keepRace copies a race from other results into the results of the same cases, if these
// have none: a run without a race proves nothing.
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
