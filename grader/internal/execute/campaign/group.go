package campaign

import (
	"context"
	"fmt"

	"raftlab/tests/suite"
)

// Starting a process takes most of the time of a short case, so a process may run several
// seeds, one after the other. A seed that passed there counts. Any other seed is rerun in
// a process of its own. So a reported failure and its log are always those of a separate
// process, and a crash costs one run.

// group is a list of seeds that one process may run.
type group struct {
	part  string
	seeds []uint64
}

// groups returns everything to run, in order. All seeds of a group have the same delivery.
func (c Campaign) groups() (all []group) {
	together := max(1, c.SeedsPerProcess)
	if c.KeepTraces {
		together = 1
	}
	for begin := 0; begin < len(c.Seeds); begin += together {
		row := c.Seeds[begin:min(begin+together, len(c.Seeds))]
		byDelivery := map[suite.Delivery][]uint64{}
		for _, seed := range row {
			byDelivery[c.Delivery(seed)] = append(byDelivery[c.Delivery(seed)], seed)
		}
		for _, part := range c.parts() {
			for _, d := range suite.Deliveries {
				if seeds := byDelivery[d]; seeds != nil {
					all = append(all, group{part, seeds})
				}
			}
		}
	}
	return all
}

// runGroup runs the seeds of a group and passes each run to done.
func (c Campaign) runGroup(ctx context.Context, b *Binaries, g group, done func(PartRun)) {
	due := c.casesOf(g.part)
	for seeds := g.seeds; len(seeds) > 0 && ctx.Err() == nil; {
		if len(seeds) == 1 {
			done(c.RunPart(ctx, b, g.part, seeds[0]))
			return
		}
		p := c.start(ctx, b, due, seeds, "")
		if p.Fault != nil {
			for _, seed := range seeds {
				done(PartRun{Part: g.part, Seed: seed, Fault: p.Fault})
			}
			return
		}
		var left []uint64
		for i, seed := range seeds {
			if !p.started(due, seed) {
				left = append(left, seed)
				continue
			}
			last := i == len(seeds)-1 || !p.started(due, seeds[i+1])
			done(c.settle(ctx, b, p.forSeed(last), PartRun{Part: g.part, Seed: seed}))
		}
		if len(left) == len(seeds) { // it reached none of them
			done(c.RunPart(ctx, b, g.part, seeds[0]))
			left = seeds[1:]
		}
		seeds = left
	}
}

// started reports whether a process started a seed.
func (p process) started(due []Case, seed uint64) bool {
	for _, k := range due {
		if p.find(k, "start", seed) != nil {
			return true
		}
	}
	return false
}

// forSeed returns the process as if it had run one seed only. The way it ended belongs to
// the last seed that it reached, unless a failed case explains it.
func (p process) forSeed(last bool) process {
	raced := p.raced && last // no failed case explains a race
	for _, r := range p.records {
		if r.Event == "end" && r.Verdict != suite.Passed {
			last = false
		}
	}
	if !last {
		p.Err = nil
	}
	p.raced = raced
	return p
}

// settle returns the outcome of a seed in a process that ran several.
func (c Campaign) settle(ctx context.Context, b *Binaries, p process, run PartRun) PartRun {
	var left []Case
	if run.Results, left = p.outcomes(c.casesOf(run.Part), run.Seed); len(left) == 0 && run.Failures() == 0 {
		return run
	}
	alone := c.RunPart(ctx, b, run.Part, run.Seed)
	if alone.Failures() > 0 || run.Failures() == 0 || p.TimedOut {
		keepRace(alone.Results, run.Results)
		return alone // a process with several seeds does not get the time limits of all
	}
	for i, r := range run.Results {
		if r.Verdict != suite.Passed {
			run.Results[i].Log = c.keep(run.Part, run.Seed, r.Case, p.logOf(r))
			run.Results[i].Reason += fmt.Sprintf("\nIt passed in a process of its own; this process had run other seeds before. Does the program keep state in a package-level variable? Otherwise the run does not depend on the seed alone: try --runs with --seed %d.", run.Seed)
		}
	}
	for _, k := range left { // the cases after the one in which the process died
		for _, r := range alone.Results {
			if r.Case == k.Name {
				run.Results = append(run.Results, r)
			}
		}
	}
	return run
}
