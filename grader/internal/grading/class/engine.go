package class

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"raftlab/grader/internal/execute/exact"
	"raftlab/grader/internal/grading/record"
	"raftlab/tests/clock"
)

// Engine returns the engine of the exact clock that was chosen.
func (c *Grader) Engine() exact.Engine { return cmp.Or(c.chosen, exact.Wasm) }

// ChooseEngine chooses the engine of the exact clock, unless it was chosen before. A
// results folder has one engine, because the same seed makes a different run on each
// engine. So auto chooses the engine that the folder's records name, and a request for
// another one is an error.
func (c *Grader) ChooseEngine(ctx context.Context, records []record.Record) (err error) {
	if c.chosen != "" {
		return nil
	}
	asked := cmp.Or(c.Exact, c.Course.ExactEngine)
	if c.Choose == nil {
		asked = exact.Wasm
	}
	if was := engineIn(records); was != "" {
		if asked == exact.Auto {
			asked = was
		}
		if asked != was {
			return fmt.Errorf("%s has runs on the %s engine of the exact clock, but the %s engine is requested: set exact_engine = %q in course.toml to continue, or choose another folder with --out", Records(c.Out), was, asked, was)
		}
	}
	if c.Choose == nil {
		return nil
	}
	c.chosen, err = c.Choose(ctx, asked)
	return err
}

// chooseDue chooses the engine if any run is left. Grades can be computed from recorded
// runs on any machine.
func (g *grading) chooseDue(ctx context.Context) error {
	for _, p := range g.submitted {
		if p.submission.Problem == nil && p.due() {
			return g.class.ChooseEngine(ctx, g.journal.records())
		}
	}
	return nil
}

// engineIn returns the engine of the exact clock that the records were made with, "" if
// none was used. Runs that name no engine are from when there was only WebAssembly.
func engineIn(records []record.Record) exact.Engine {
	for _, r := range records {
		if usesExact(r) {
			return cmp.Or(exact.Engine(r.Engine), exact.Wasm)
		}
	}
	return ""
}

// usesExact reports whether a run, or the second run of one of its cases, was made on the
// exact clock.
func usesExact(r record.Record) bool {
	return r.Mode == record.Exact || slices.ContainsFunc(r.Cases, func(c record.CaseResult) bool { return c.Decided == string(clock.Exact) })
}
