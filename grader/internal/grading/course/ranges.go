package course

import (
	"fmt"
	"strings"
	"time"

	"raftlab/grader/internal/intake/deadline"
)

// Largest numbers that a course may ask for: far above what any has use for, and far
// below what a machine can do.
const (
	MostRuns   = 10_000
	MostPoints = 1_000_000
)

// leastPoints is the least number of points above 0. Grades are rounded to hundredths,
// but those of a case may be a small share of its part's.
const leastPoints = 1e-6

// number is a number of course.toml and what it may be.
type number struct {
	key   string // such as runs.virtual
	value any    // int, float64 or time.Duration
	ok    bool
	want  string
}

func whole(key string, n, least, most int) number {
	return number{key, n, least <= n && n <= most, fmt.Sprintf("a whole number from %d to %d", least, most)}
}

// real is a number with a fraction. Comparisons with NaN are false.
func real(key string, x, most float64) number {
	return number{key, x, 0 <= x && x <= most, fmt.Sprintf("a number from 0 to %v", most)}
}

func points(key string, x float64) number {
	return number{key, x, x == 0 || leastPoints <= x && x <= MostPoints, fmt.Sprintf("points: 0, or a number from %v to %d", leastPoints, MostPoints)}
}

func span(key string, d Duration, most time.Duration) number {
	return number{key, d.Duration, time.Second <= d.Duration && d.Duration <= most, fmt.Sprintf("a time from 1s to %v", most)}
}

// numbers are all that a file may set, as they were read: before anything is made of
// them.
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

// ranges says which number is not what it may be, nil if all are.
func (c *Course) ranges() error {
	for _, n := range c.numbers() {
		if !n.ok {
			return fmt.Errorf("%s = %v: expected %s", n.key, n.value, n.want)
		}
	}
	return nil
}

// Bounds of the files of which the line at fault is looked for: that takes time by the
// product of the two.
const (
	maxLines = 1000
	maxBytes = 64 << 10
)

// place finds the first line from which on a file has a number that it may not have,
// and returns what is wrong there. A value that takes several lines is found by all of
// them. It reads the file up to each line, so that whatever TOML knows can stand there.
func place(text string) (where string, fault error) {
	lines := strings.SplitAfter(text, "\n")
	if len(lines) > maxLines || len(text) > maxBytes {
		return "", nil
	}
	read := 0 // lines up to which the file could be read
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
