package class

import (
	"cmp"
	"context"
	"io"

	"raftlab/grader/internal/exact"
	"raftlab/grader/internal/record"
)

// ChooseEngine chooses the engine of the exact clock: what Engine says already, or else
// the course. What takes long is announced to log.
func (c *Class) ChooseEngine(ctx context.Context, log io.Writer) (exact.Choice, error) {
	choice, err := exact.Choose(ctx, cmp.Or(c.Engine, c.Course.ExactEngine), c.Tree, log)
	c.Engine = choice.Engine
	return choice, err
}

// engine is the engine of the exact clock.
func (c *Class) engine() exact.Engine { return cmp.Or(c.Engine, exact.Wasm) }

// engineOf is the engine of a run on the exact clock. Records that name none were made
// when there was one.
func engineOf(r record.Record) exact.Engine { return cmp.Or(exact.Engine(r.Engine), exact.Wasm) }
