package course

import (
	"fmt"
	"strings"
	"time"

	"raftlab/grader/internal/intake/deadline"
)

// Maximum numbers in a course: far more than anyone needs, and few enough for a machine.
const (
	MostRuns   = 10_000
	MostPoints = 1_000_000
)

// leastPoints is the smallest number of points above 0. Grades are rounded to hundredths,
// but the points of a case may be a small share of its part's.
const leastPoints = 1e-6

// number is a number in course.toml with its range.
type number struct {
	key   string // such as runs.virtual
	value any    // int, float64 or time.Duration
	ok    bool
	want  string
}

func whole(key string, n, least, most int) number {
	return number{key, n, least <= n && n <= most, fmt.Sprintf("a whole number from %d to %d", least, most)}
}

// real returns a number that may have a fraction. Comparisons with NaN are false.
func real(key string, x, most float64) number {
	return number{key, x, 0 <= x && x <= most, fmt.Sprintf("a number from 0 to %v", most)}
}

func points(key string, x float64) number {
	return number{key, x, x == 0 || leastPoints <= x && x <= MostPoints, fmt.Sprintf("points: 0, or a number from %v to %d", leastPoints, MostPoints)}
}

func span(key string, d Duration, most time.Duration) number {
	return number{key, d.Duration, time.Second <= d.Duration && d.Duration <= most, fmt.Sprintf("a time from 1s to %v", most)}
}

// numbers returns all numbers of a file as they were read, before anything is computed
// from them.
func (c *Course) numbers() []number {
	all := []number{
		whole("runs.virtual", c.Runs.Virtual, 0, MostRuns), whole("runs.race", c.Runs.Race, 0, MostRuns), whole("runs.exact", c.Runs.Exact, 0, MostRuns),
		whole("runs.real", c.Runs.Real, 0, MostRuns), whole("runs.exact_after_race", c.Runs.AfterRace, 0, MostRuns),
		real("scoring.race_deduction", c.Scoring.RaceDeduction, MostPoints),
		whole("scoring.confirm.race", c.Scoring.Confirm.Race, 0, MostRuns), whole("scoring.confirm.exact", c.Scoring.Confirm.Exact, 0, MostRuns),
		span("limits.cpu", c.Limits.CPU, 10_000*time.Hour), span("limits.build_time", c.Limits.Build, 24*time.Hour),
		whole("limits.memory_mb", c.Limits.Memory, 1, 1<<20), whole("limits.output_mb", c.Limits.Output, 1, 1<<16), whole("limits.processes", c.Limits.Processes, 1, 1<<20),
		whole("late.free_days", c.Late.FreeDays, 0, deadline.MostDays), real("late.per_day", c.Late.PerDay, 1), real("late.most", c.Late.Most, 1),
	}
	for i, b := range c.Scoring.Bands {
		all = append(all, real(fmt.Sprintf("scoring.band %d: rate", i+1), b.Rate, 1), real(fmt.Sprintf("scoring.band %d: share", i+1), b.Share, 1))
	}
	for _, p := range c.Parts {
		in := fmt.Sprintf("part %s: ", p.Name)
		all = append(all, points(in+"points", p.Points))
		for _, n := range []struct {
			key  string
			runs *int
		}{{"virtual", p.Own.Virtual}, {"race", p.Own.Race}, {"exact", p.Own.Exact}, {"real", p.Own.Real}, {"exact_after_race", p.Own.AfterRace}} {
			if n.runs != nil {
				all = append(all, whole(in+"runs."+n.key, *n.runs, 0, MostRuns))
			}
		}
		for _, k := range p.Cases {
			if k.Points != nil {
				all = append(all, points(fmt.Sprintf("%scase %s: points", in, k.Name), *k.Points))
			}
		}
	}
	return all
}

// ranges returns an error for the first number that is out of range.
func (c *Course) ranges() error {
	for _, n := range c.numbers() {
		if !n.ok {
			return fmt.Errorf("%s = %v: expected %s", n.key, n.value, n.want)
		}
	}
	return nil
}

// Maximum size of files in which place searches for the faulty line, which takes time
// proportional to the product of both.
const (
	maxLines = 1000
	maxBytes = 64 << 10
)

// place finds the first line at which a number of the file is out of range, and returns
// the error. For a value on several lines it returns all of them. It parses the file up to
// each line, so it works for all of TOML.
func place(text string) (where string, fault error) {
	lines := strings.SplitAfter(text, "\n")
	if len(lines) > maxLines || len(text) > maxBytes {
		return "", nil
	}
	read := 0 // number of lines up to which the file was valid
	for n := 1; n <= len(lines); n++ {
		c, _, err := decode(strings.Join(lines[:n], ""))
		if err != nil {
			continue
		}
		switch fault := c.ranges(); {
		case fault != nil && n == read+1:
			return fmt.Sprintf("line %d: ", n), fault
		case fault != nil:
			return fmt.Sprintf("lines %d to %d: ", read+1, n), fault
		}
		read = n
	}
	return "", nil
}
