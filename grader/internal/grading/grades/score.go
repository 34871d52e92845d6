package grades

import (
	"fmt"
	"math"

	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
	"raftlab/tests/clock"
)

// PartRuns are the runs of one part of one submission.
type PartRuns struct {
	Course  *course.Course
	Part    *course.Part
	Records []record.Record // its runs, in any order
}

// Due returns the number of due runs in a mode. After a race more runs are due on the
// exact clock, which alone decides then.
func (w PartRuns) Due(m record.Mode) int {
	due := w.Part.Runs.Of(m)
	if m == record.Exact && due > 0 && w.raced() {
		return max(due, w.Part.Runs.AfterRace)
	}
	return due
}

// raced reports whether the detector saw a race in any run.
func (w PartRuns) raced() bool {
	for _, r := range w.Records {
		for _, c := range r.Cases {
			if c.Outcome == record.DataRace {
				return true
			}
		}
	}
	return false
}

// Score returns the grade of the part. Due runs that were not made count as failed.
func (w PartRuns) Score() PartGrade { return w.tally().score(0) }

// Settled reports whether no due run can change the score.
func (w PartRuns) Settled() bool {
	t := w.tally()
	least, most := t.score(0), t.score(1)
	if most.Score > 0 && w.Part.Runs.Race > t.runs[record.Race].Runs {
		return false // it may still find a race, which costs additional points
	}
	for i := range least.Cases {
		if least.Cases[i].Score != most.Cases[i].Score {
			return false
		}
	}
	return true
}

// tally counts the runs of a part.
type tally struct {
	course *course.Course
	part   *course.Part
	raced  bool
	runs   map[record.Mode]Count // runs of the part as a whole
	cases  map[string]*caseRuns
}

// caseRuns counts the runs of one case.
type caseRuns struct {
	modes    map[record.Mode]Count // without Due
	failures []Failure
	warnings []string
}

// tally counts the due runs with an outcome. If the course has lowered the number of runs,
// additional runs are no longer due.
func (w PartRuns) tally() tally {
	t := tally{course: w.Course, part: w.Part, raced: w.raced(), runs: map[record.Mode]Count{}, cases: map[string]*caseRuns{}}
	for _, m := range record.Modes() {
		t.runs[m] = Count{Due: w.Due(m)}
	}
	for _, k := range w.Part.Cases {
		t.cases[k.Name] = &caseRuns{modes: map[record.Mode]Count{}}
	}
	for _, r := range sorted(w.Records) {
		count := t.runs[r.Mode]
		if r.K >= count.Due || r.Outcome == record.Infrastructure {
			continue
		}
		if count.Runs++; allPassed(r) {
			count.Passed++
		}
		t.runs[r.Mode] = count
		for _, c := range r.Cases {
			if seen := t.cases[c.Name]; seen != nil {
				seen.add(r, c)
			}
		}
	}
	return t
}

// add counts the outcome of a case in a run.
func (seen *caseRuns) add(r record.Record, c record.CaseResult) {
	count := seen.modes[r.Mode]
	if count.Runs++; c.Outcome == record.Passed {
		count.Passed++
	} else {
		seen.failures = addFailure(seen.failures, Failure{
			Outcome: c.Outcome, Property: c.Property, Count: 1, Case: c.Name, Part: r.Part, Mode: r.Mode, Engine: r.Engine, K: r.K, Seed: r.Seed,
			Message: c.Message, Read: c.Read, Paper: c.Paper, Log: c.Log,
		})
	}
	seen.modes[r.Mode] = count
	for _, text := range c.Warnings {
		seen.warnings = addOnce(seen.warnings, text)
	}
}

// score returns the grade of the part if the given share of the missing runs, 0 or 1,
// passes.
func (t tally) score(missing int) PartGrade {
	p := PartGrade{Name: t.part.Name, Points: t.part.Points, Runs: map[record.Mode]Count{}, Raced: t.raced}
	for m, count := range t.runs {
		if count.Due > 0 || count.Runs > 0 {
			p.Runs[m] = count
		}
	}
	for _, k := range t.part.Cases {
		c := t.scoreCase(k, missing)
		p.Score += c.Share * *k.Points // only the sum is rounded
		p.Cases = append(p.Cases, c)
	}
	p.Score = clamp(Round(p.Score), Round(p.Points))
	return p
}

func allPassed(r record.Record) bool {
	for _, c := range r.Cases {
		if c.Outcome != record.Passed {
			return false
		}
	}
	return len(r.Cases) > 0
}

// scoreCase applies the rule to one case.
func (t tally) scoreCase(k course.Case, missing int) CaseGrade {
	c := CaseGrade{Name: k.Name, Points: Round(*k.Points), Held: k.Held, Modes: map[record.Mode]Count{}}
	seen := t.cases[k.Name]
	c.Failures, c.Warnings = seen.failures, seen.warnings
	passed := map[record.Mode]int{} // including missing runs
	for _, m := range record.Modes() {
		count := seen.modes[m]
		if count.Due = t.runs[m].Due; !k.RunsOn(clockOf(m)) {
			count.Due = 0
		}
		if count.Due > 0 || count.Runs > 0 {
			c.Modes[m] = count
		}
		passed[m] = count.Passed + missing*max(0, count.Due-count.Runs)
	}
	counted := k.Counted()
	exact := c.Modes[record.Exact]
	if c.Passed, c.Runs = c.Modes[counted].Passed, c.Modes[counted].Runs; c.Runs > 0 {
		c.Low, c.High = Wilson(c.Passed, c.Runs)
	} else {
		c.High = 1
	}

	scoring := t.course.Scoring
	passing, lowered := rate(c, passed, counted, t.raced)
	c.Share = shareFor(scoring, passing)
	need := scoring.Confirm
	switch {
	case c.Runs == 0 && exact.Runs == 0 && passed[counted]+passed[record.Exact] == 0:
		c.Why, c.Share = "it was not run", 0
	case exact.Due > 0 && passed[record.Exact] < need.Exact:
		c.Why = fmt.Sprintf("it passed %d of %d runs on the exact clock and must pass %d, so its other runs do not count", exact.Passed, exact.Runs, need.Exact)
		c.Share = 0
	case t.raced && exact.Due == 0:
		c.Why = "a data race was seen in this part, so runs on the virtual clock prove nothing, and no run was made on the exact clock"
		c.Share = 0
	case t.raced:
		c.Why = fmt.Sprintf("a data race was seen in this part, so only the exact clock counts, where it passed %d of %d runs", exact.Passed, exact.Runs)
		c.Share = min(c.Share, shareFor(scoring, rateOf(passed[record.Exact], exact.Due)))
	case k.RunsOn(clock.Virtual) && passed[record.Race] < need.Race: // the detector runs on that clock
		race := c.Modes[record.Race]
		c.Why = fmt.Sprintf("it passed %d of %d runs with the race detector and must pass %d, so its other runs do not count", race.Passed, race.Runs, need.Race)
		c.Share = 0
	default:
		c.Confirmed, c.Why = true, lowered
	}
	c.Score = Round(c.Share * *k.Points)
	return c
}

// clockOf returns the clock of a mode.
func clockOf(m record.Mode) clock.Kind {
	switch m {
	case record.Exact:
		return clock.Exact
	case record.Real:
		return clock.Real
	}
	return clock.Virtual
}

// rate returns the pass rate of a case: that of the counted runs, but no more than what
// the runs in each other mode allow with 95 % confidence. A program that behaves
// differently in some mode is worth what it does in the worst mode. After a race, runs
// with the detector end at the race, and the exact clock decides. why names the mode that
// lowers the rate, "" if none does.
func rate(c CaseGrade, passed map[record.Mode]int, counted record.Mode, raced bool) (highest float64, why string) {
	highest = rateOf(passed[counted], c.Modes[counted].Due)
	for _, m := range []record.Mode{record.Race, record.Exact} {
		due := c.Modes[m].Due
		if m == counted || passed[m] >= due || m == record.Race && raced {
			continue
		}
		if _, high := Wilson(passed[m], due); high < highest {
			highest = high
			why = fmt.Sprintf("it passed in %d of %d runs %s, which allow a rate of at most %.0f %%", passed[m], due, modePhrase[m], 100*high)
		}
	}
	return highest, why
}

// modePhrase names the confirming modes in a sentence.
var modePhrase = map[record.Mode]string{record.Race: "with the race detector", record.Exact: "on the exact clock"}

// rateOf returns the pass rate of the due runs, 0 if none is due.
func rateOf(passed, due int) float64 {
	if due == 0 {
		return 0
	}
	return clamp(float64(passed)/float64(due), 1)
}

// shareFor returns the share of the points for a pass rate, from 0 to 1.
func shareFor(s course.Scoring, rate float64) float64 {
	switch s.Rule {
	case course.AllOrNothing:
		return math.Floor(rate)
	case course.Proportional:
		return rate
	}
	for _, b := range s.Bands {
		if rate >= b.Rate {
			return b.Share
		}
	}
	return 0
}

// clamp returns points limited to the range from 0 to most. NaN becomes 0.
func clamp(points, most float64) float64 {
	if !(points > 0) {
		return 0
	}
	return min(points, most)
}

// Round rounds points to hundredths.
func Round(points float64) float64 { return math.Round(points*100) / 100 }
