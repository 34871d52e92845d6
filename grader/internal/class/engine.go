package class

import (
	"cmp"
	"context"
	"fmt"

	"raftlab/grader/internal/exact"
	"raftlab/grader/internal/record"
)

// Engine is the engine of the exact clock that was chosen.
func (c *Class) Engine() exact.Engine { return cmp.Or(c.chosen, exact.Wasm) }

// ChooseEngine chooses the engine of the exact clock, unless that is done.
func (c *Class) ChooseEngine(ctx context.Context) (err error) {
	if c.chosen == "" && c.Choose != nil {
		c.chosen, err = c.Choose(ctx, cmp.Or(c.Exact, c.Course.ExactEngine))
	}
	return err
}

// chooseDue chooses the engine if anything is left to be run. It refuses to mix runs of
// two engines in one attempt: a seed makes another run on each.
func (g *grading) chooseDue(ctx context.Context) error {
	for _, s := range g.Submissions {
		one := g.student(s)
		if s.Outcome != record.Passed || !one.due() {
			continue
		}
		if err := g.ChooseEngine(ctx); err != nil {
			return err
		}
		for _, r := range one.runs() {
			if was := engineOf(r); r.Mode == record.Exact && was != g.Engine() {
				return fmt.Errorf("%s was begun with the %s engine of the exact clock, and this is the %s engine: set exact_engine = %q in course.toml to go on, or give another folder with --out", s.ID, was, g.Engine(), was)
			}
		}
	}
	return nil
}

// engineOf is the engine of a run on the exact clock. Records that name none were made
// when there was one.
func engineOf(r record.Record) exact.Engine { return cmp.Or(exact.Engine(r.Engine), exact.Wasm) }
