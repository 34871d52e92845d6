package campaign

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/base/stacks"
	"raftlab/grader/internal/execute/exact/overlay"
	"raftlab/tests/suite"
)

// The outcomes of the cases of a process come from its record, and otherwise from how it
// ended and what it printed.

// outcomes returns the results of the cases that the process reached, including the one in
// which it died, and the cases that it did not reach.
func (p process) outcomes(due []Case, seed uint64) (results []Result, left []Case) {
	explained := p.Err == nil // whether a case explains the end of the process
	for _, k := range due {
		started, ended := p.find(k, "start", seed), p.find(k, "end", seed)
		switch {
		case started == nil:
			left = append(left, k)
		case ended != nil:
			if took := p.find(k, ran, seed); took != nil {
				ended.Wall, ended.Output = took.Wall, took.Output
			}
			results = append(results, Result{Result: *ended, Reason: reason(*ended)})
			explained = explained || ended.Verdict != suite.Passed
		default:
			r := p.charge(k, seed)
			if r.Verdict == NoVerdict {
				r.Reason = "the process exited with status 0 in the middle of the case: did it call os.Exit?" + p.lastOutput()
			}
			results = append(results, r)
			explained = true
		}
	}
	if p.raced {
		p.chargeRace(results)
	} else if !explained && len(results) > 0 && p.Limit != OverBudget {
		// All cases passed before the process died. A goroutine of the last case may be to
		// blame.
		last := &results[len(results)-1]
		p.blame(last)
		last.Reason += " (after the case had ended)"
	}
	return results, left
}

// find returns what the process recorded about a case, nil if it recorded nothing.
func (p process) find(k Case, event string, seed uint64) *suite.Result {
	for i, r := range p.records {
		if r.Case == k.Name && r.Event == event && r.Seed == seed {
			return &p.records[i]
		}
	}
	return nil
}

// charge returns the result of a case in which the process died.
func (p process) charge(k Case, seed uint64) Result {
	r := Result{Result: suite.Result{Case: k.Name, Part: k.Part, Seed: seed}}
	p.blame(&r)
	return r
}

// blame fills in how the process ended. The output may contain anything. If the grader
// cannot read it, only this case is affected.
func (p process) blame(r *Result) {
	err := guard.Run("reading what a test printed", func() error {
		r.Verdict, r.Reason = p.death()
		return nil
	})
	if r.Fault = guard.Of(err); r.Fault != nil {
		r.Verdict, r.Reason = GraderFault, err.Error()
	}
	r.FullDisk = MentionsFullDisk(p.output)
}

// logOf returns the log of a failed case: the output, and the grader's own stack if the
// grader failed too.
func (p process) logOf(r Result) []byte {
	if r.Fault == nil {
		return p.output
	}
	return slices.Concat(p.output, []byte("\n\n"+r.Fault.Error()+"\n\n"), r.Fault.Stack)
}

// death returns how the process ended.
func (p process) death() (suite.Verdict, string) {
	switch {
	case p.raced:
		return Raced, "data race: " + p.raceReport()
	case p.TimedOut:
		return TimedOut, "the process did not end in time and was stopped"
	case p.Limit == OverBudget:
		return OverBudget, "it was stopped: " + p.Why
	case p.Limit != "":
		return p.Limit, p.Why
	}
	lines := strings.Split(string(p.output), "\n")
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "panic: "), strings.HasPrefix(line, "fatal error: "):
			return Died, sanitize.Short(line, panicLetters) + frames(strings.Join(lines[i+1:], "\n"))
		case line == overlay.NeverWaits:
			who := "the program"
			if i+1 < len(lines) {
				if server, sealed := strings.CutPrefix(lines[i+1], overlay.ServerPrefix); sealed {
					who = "server " + sanitize.Short(server, 9)
				}
			}
			return suite.Stalled, fmt.Sprintf("%s computed for %v of processor time without ever waiting, so time stands still on the exact clock. Does a loop poll without a pause? It must sleep between two checks, or wait on a sync.Cond or a channel.", who, overlay.Patience) + frames(strings.Join(lines[i+1:], "\n"))
		case strings.HasPrefix(line, neverYields):
			return suite.Stalled, strings.TrimPrefix(line, neverYields)
		}
	}
	if p.Err != nil && p.Err.Error() == "exit status 2" { // how the runtime ends a program
		for i, line := range slices.Backward(lines) {
			if at := runtimeReport.FindStringIndex(line); at != nil {
				return Died, sanitize.Short(line[at[0]:], panicLetters) + frames(strings.Join(lines[i+1:], "\n"))
			}
		}
	}
	if p.Err != nil && p.Err.Error() == "exit status 1" {
		return Died, "the process ended: exit status 1, as after log.Fatal or os.Exit(1)" + p.lastOutput()
	}
	if p.Err != nil {
		return Died, fmt.Sprintf("the process ended: %v%s", p.Err, p.lastOutput())
	}
	return NoVerdict, "the process ended without an outcome for this case" + p.lastOutput()
}

// runtimeReport begins the runtime's message about the end of a program. It can occur in
// the middle of a line if the program printed an incomplete line before.
var runtimeReport = regexp.MustCompile(`(panic|fatal error): `)

// Bounds for quoting the output of a process that died: lines, characters a line, and
// characters of the line with the cause of death.
const (
	lastLines    = 4
	lastLetters  = 200
	panicLetters = 1000
)

// lastOutput returns the last lines that the program itself printed, "" if there are none.
// For log.Fatal they say why.
func (p process) lastOutput() string {
	var own []string
	message := false // within the indented message of a failed case
	for _, raw := range strings.Split(string(p.output), "\n") {
		line := sanitize.Line(raw)
		switch message = message && strings.HasPrefix(raw, "  "); {
		case suiteLine.MatchString(line):
			own, message = nil, strings.HasPrefix(line, "... ")
		case message:
		case line != "":
			own = append(own, sanitize.Cut(line, lastLetters))
		}
	}
	if own == nil {
		return ""
	}
	return "\nIts last output:\n  " + strings.Join(own[max(0, len(own)-lastLines):], "\n  ")
}

// suiteLine matches the lines with which the suite begins and ends a case.
var suiteLine = regexp.MustCompile(`^(seed \d+ \(|Test \(\w+\): .* \.\.\.$|\.\.\. (Passed|FAILED) |--- FAIL: |PASS$|FAIL$)`)

// maxFrames bounds the number of stack frames in a message.
const maxFrames = 4

// frames returns the frames of the first stack in a text that belong to the program,
// innermost first.
func frames(text string) string {
	snapshot, _, err := stacks.Scan(strings.NewReader(text))
	if snapshot == nil || len(snapshot.Goroutines) == 0 || err != nil && err != io.EOF {
		return ""
	}
	var b strings.Builder
	n := 0
	for _, call := range snapshot.Goroutines[0].Stack.Calls {
		own := strings.Replace(call.Func.ImportPath, "raftlab/solutions/", "raftlab/", 1) // the reference is tested too
		if n < maxFrames && (strings.HasPrefix(own, "raftlab/raft") || strings.HasPrefix(own, "raftlab/kvraft")) {
			fmt.Fprintf(&b, "\n  in %s.%s %s:%d", call.Func.DirName, call.Func.Name, call.SrcName, call.Line)
			n++
		}
	}
	return b.String()
}

func reason(r suite.Result) string {
	if r.Failure == nil {
		return ""
	}
	if r.Hint != "" {
		return r.Hint
	}
	return strings.Join(headLines(r.Failure.Error()), "\n")
}

// headLines returns the most important lines of a message: those before the line that
// begins a list.
func headLines(message string) (head []string) {
	for _, line := range strings.Split(strings.TrimSpace(message), "\n") {
		if strings.HasSuffix(line, ":") || len(head) == maxReason {
			break
		}
		head = append(head, line)
	}
	if len(head) == 0 {
		head = []string{strings.TrimSpace(message)}
	}
	return head
}

// maxReason bounds the number of lines of a reason.
const maxReason = 4
