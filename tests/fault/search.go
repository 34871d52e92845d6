package fault

import "math/rand/v2"

// Search proposes schedules, one after the other. Steered, it keeps those that
// led to situations that no schedule before had led to, and proposes variations
// of them, the latest most often, as fuzzers do that are guided by coverage.
type Search struct {
	Rand    *rand.Rand
	Kind    Kind
	Steered bool

	corpus []Schedule
	seen   map[uint32]bool
	last   Schedule
}

// anew is how often, in ten, a steered search draws a schedule anew.
const anew = 3

// Next returns the schedule to run next.
func (s *Search) Next() Schedule {
	if !s.Steered || len(s.corpus) == 0 || s.Rand.IntN(10) < anew {
		s.last = Generate(s.Rand, s.Kind)
		return s.last
	}
	s.last = Mutate(s.Rand, s.Kind, s.pick(), s.pick())
	return s.last
}

// pick returns a schedule of the corpus: one of the later half, mostly.
func (s *Search) pick() Schedule {
	n := len(s.corpus)
	return s.corpus[max(s.Rand.IntN(n), s.Rand.IntN(n))]
}

// Learn is told which situations the last schedule led to.
func (s *Search) Learn(situations []uint32) {
	if s.seen == nil {
		s.seen = map[uint32]bool{}
	}
	isNew := false
	for _, k := range situations {
		isNew = isNew || !s.seen[k]
		s.seen[k] = true
	}
	if isNew {
		s.corpus = append(s.corpus, s.last)
	}
}
