package fault

import (
	"math/rand/v2"
	"testing"

	"raftlab/tests/suite"
)

// Chaos is a case with random faults. Play runs the case with one schedule.
type Chaos struct {
	Kind Kind
	Play func(*suite.Trial, Schedule)
}

// Run runs the case with the schedule that the flags give, or else with schedules that are
// drawn from the seed: one, or as many as the flags say, until the case fails. After a
// failure the suite looks for a smaller schedule.
func (c Chaos) Run(t *testing.T, k suite.Case) {
	suite.Search(t, k, func(seed uint64, how suite.Strategy) suite.Searcher {
		return &chaos{c, Search{Rand: rand.New(rand.NewPCG(seed, 1)), Kind: c.Kind, Steered: how == suite.Steered}}
	})
}

// chaos proposes runs of a case. The first is the run of a case without a search.
type chaos struct {
	Chaos
	draws Search
}

// Next returns the run of the next schedule, or of the one that the flags give.
func (c *chaos) Next() func(*suite.Trial) {
	s := c.draws.Next()
	return func(t *suite.Trial) {
		if t.Faults != "" {
			var err error
			if s, err = Parse(t.Faults); err != nil {
				t.Failf("invalid -faults: %v.", err)
			}
		}
		t.Shrink(func(try func(func(*suite.Trial)) bool) suite.Shrunk {
			s = s.chosen()
			small := Shrink(s, func(less Schedule) bool { return try(func(t *suite.Trial) { c.Play(t, less) }) })
			return suite.Shrunk{Steps: [2]int{len(s.Steps), len(small.Steps)}, Script: small.String()}
		})
		t.Resize(s.Servers)
		t.Extend(s.Span())
		c.Play(t, s)
	}
}
