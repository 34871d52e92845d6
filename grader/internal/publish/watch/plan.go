package watch

import (
	"slices"
	"time"
)

// firstRuns is how often a case runs at first, moreRuns how many runs are added at a time
// at most.
const (
	firstRuns = 3
	moreRuns  = 48
)

// firstPause and longestPause bound the pauses between the later runs.
const (
	firstPause   = time.Second
	longestPause = 5 * time.Minute
)

// Step is what to run next.
type Step struct {
	Cases []string // their names
	Seeds []uint64
	Pause time.Duration // before it
	Quiet bool          // one process at a time, so that the machine is left to others
}

// Next returns what to run next, and false if there is nothing until the next save.
//
// The parts up to the first that has not passed yet are run: all cases a few times, and
// then more often, with ever longer pauses. A case that always fails is not run again: more
// runs say nothing new. The seed of the last failure comes first.
func (b Board) Next() (Step, bool) {
	parts := b.Parts()[:b.reached]
	due := slices.DeleteFunc(slices.Clone(b.Rows), func(r Row) bool {
		return !slices.Contains(parts, r.Part) || r.Now.Passed == 0 && r.Now.Failed >= firstRuns
	})
	if len(due) == 0 {
		return Step{}, false
	}
	from := due[0].Now.Runs()
	for _, r := range due {
		from = min(from, r.Now.Runs())
	}
	to, add, pause := firstRuns, firstRuns, time.Duration(0)
	for round := 0; to <= from; round++ {
		add = min(2*add, moreRuns)
		to += add
		pause = min(firstPause<<min(round, 20), longestPause)
	}
	s := Step{Seeds: b.seeds(to)[from:], Pause: pause, Quiet: pause > firstPause}
	for _, r := range due {
		if r.Now.Runs() == from {
			s.Cases = append(s.Cases, r.Name)
		}
	}
	return s, true
}

// seeds returns the seeds of the first n runs.
func (b Board) seeds(n int) (seeds []uint64) {
	if b.retry != 0 {
		seeds = append(seeds, b.retry)
	}
	for s := b.seed; len(seeds) < n; s++ {
		if b.retry == 0 || s != b.retry {
			seeds = append(seeds, s)
		}
	}
	return seeds
}
