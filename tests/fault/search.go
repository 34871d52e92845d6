package fault

import (
	"math/rand/v2"
	"time"

	"raftlab/tests/trace"
)

// Search proposes schedules, one after the other. In a steered search, steps are chosen
// while the schedule runs, with a preference for actions that were rarely tried in a
// similar situation; see guide.
type Search struct {
	Rand    *rand.Rand
	Kind    Kind
	Steered bool

	tried map[attempt]int
}

// Next returns the schedule to run next.
func (s *Search) Next() Schedule {
	if !s.Steered {
		return Generate(s.Rand, s.Kind)
	}
	if s.tried == nil {
		s.tried = map[attempt]int{}
	}
	next, steps := s.Kind.size(s.Rand)
	next.guide = &guide{rand: s.Rand, kind: s.Kind, servers: next.Servers, span: time.Duration(steps) * pace, tried: s.tried, world: trace.NewWorld()}
	return next
}
