package fault

import (
	"math/rand/v2"
	"time"

	"raftlab/tests/trace"
)

// guide chooses the steps of a schedule while it runs. It draws several actions and
// chooses the one that was tried the fewest times in similar situations, in all runs of
// the search. The chosen steps make an ordinary schedule, which does the same when it is
// run again.
type guide struct {
	rand    *rand.Rand
	kind    Kind
	servers int
	span    time.Duration // the time during which it chooses steps
	tried   map[attempt]int
	world   *trace.World
	seen    int    // number of events that world has recorded
	steps   []Step // the steps chosen so far
}

// attempt is an action in a situation. Similar attempts are equal.
type attempt struct {
	do          string // the action, without servers and numbers
	phase, view uint64
}

const (
	draws      = 8 // number of actions from which guide chooses
	quickSteps = 1 // of four steps, how many come soon, so that some come while messages are in flight
)

// pace is the average time per step of a drawn schedule. A guided schedule takes the same
// total time, with more steps if they come sooner, so that clients get as much done.
const pace = 175 * time.Millisecond

// more reports whether there is another step at this time after the first.
func (g *guide) more(since time.Duration) bool { return since < g.span }

func (g *guide) when() When {
	w := g.kind.when(g.rand)
	if g.rand.IntN(4) < quickSteps {
		w = When{Trigger: After, Time: between(g.rand, shortest/4, 3*shortest)}
	}
	g.steps = append(g.steps, Step{When: w})
	return w
}

func (g *guide) action(seen *trace.Recorder) Action {
	news := seen.Since(g.seen)
	g.seen += len(news)
	for _, e := range news {
		g.world.Add(e)
	}
	var best Action
	var rarest attempt
	for k := range draws {
		a := action(g.rand, g.kind.verb(g.rand), g.servers)
		if d := g.attempt(a); k == 0 || g.tried[d] < g.tried[rarest] {
			best, rarest = a, d
		}
	}
	g.tried[rarest]++
	g.steps[len(g.steps)-1].Do = best
	return best
}

func (g *guide) attempt(a Action) attempt {
	d := attempt{
		do:    Action{Verb: a.Verb, Method: a.Method, Replies: a.Replies, Save: min(a.Save, 1)}.String(),
		phase: g.world.Phase(),
	}
	who := int(a.Who)
	if a.Who == Leader {
		who = g.world.Leader()
	}
	if who >= 0 {
		d.view = g.world.View(who)
	}
	return d
}

// chosen returns the schedule with the steps that its guide has chosen.
func (s Schedule) chosen() Schedule {
	if s.guide != nil {
		s.Steps, s.guide = append(s.Steps, s.guide.steps...), nil
	}
	return s
}
