package fault

import (
	"math/rand/v2"
	"time"

	"raftlab/tests/trace"
)

// guide chooses the steps of a schedule while it runs: of some that it draws, it
// takes the one that was done the least often so far, in all runs of the search,
// to a server in that place while the cluster was in that state. What it chose
// makes a schedule like any other, which does the same when it is run again.
type guide struct {
	rand    *rand.Rand
	kind    Kind
	servers int
	span    time.Duration // it goes on for so long
	tried   map[deed]int
	world   *trace.World
	seen    int    // events that the world has taken in
	steps   []Step // that were chosen
}

// deed is something done in a situation. Two that look alike count as one.
type deed struct {
	do          string // an action, with neither servers nor numbers
	phase, view uint64
}

// draws is how many steps it chooses from, and hurry in how many of four it does
// not wait long, so that some come while something is under way.
const (
	draws = 8
	hurry = 1
)

// pace is how long a step takes in a schedule that is drawn, on average: steps
// that come sooner are more steps, so that clients get as much done.
const pace = 175 * time.Millisecond

// more tells whether there is another step, so long after the first.
func (g *guide) more(since time.Duration) bool { return since < g.span }

func (g *guide) when() When {
	w := g.kind.when(g.rand)
	if g.rand.IntN(4) < hurry {
		w = When{Trigger: After, Time: between(g.rand, shortest/4, 3*shortest)}
	}
	g.steps = append(g.steps, Step{When: w})
	return w
}

func (g *guide) action(seen *trace.Recorder) Action {
	news := seen.Since(g.seen)
	g.seen += len(news)
	for _, e := range news {
		g.world.Take(e)
	}
	var best Action
	var rarest deed
	for k := range draws {
		a := action(g.rand, g.kind.verb(g.rand), g.servers)
		if d := g.deed(a); k == 0 || g.tried[d] < g.tried[rarest] {
			best, rarest = a, d
		}
	}
	g.tried[rarest]++
	g.steps[len(g.steps)-1].Do = best
	return best
}

func (g *guide) deed(a Action) deed {
	d := deed{
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

// chosen returns the schedule with the steps that were chosen as it ran.
func (s Schedule) chosen() Schedule {
	if s.guide != nil {
		s.Steps, s.guide = append(s.Steps, s.guide.steps...), nil
	}
	return s
}
