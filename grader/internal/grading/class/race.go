package class

import (
	"context"
	"fmt"

	"raftlab/grader/internal/grading/record"
	"raftlab/internal/racebuild"
)

// canRace returns an error if the course asks for runs with the race detector but this
// machine cannot build such programs. Otherwise every submission would fail to build and
// need a person's review.
func (c *Grader) canRace(ctx context.Context) error {
	if c.trusted != nil {
		return nil // a test supplies the compiler
	}
	for _, p := range c.Course.Parts {
		if p.Runs.Race == 0 {
			continue
		}
		err := racebuild.Check(ctx, nil) // the environment of the reference
		if err == nil && c.tools != nil {
			err = racebuild.Check(ctx, c.tools.Env()) // the environment of submissions
		}
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("the course runs part %s with the race detector, which does not work on this machine:\n%w\n"+
				"To grade without it, set race = 0 in course.toml, under [runs] and in scoring.confirm", p.Name, err)
		}
		return err
	}
	return nil
}

// canRaceDue calls canRace if runs with the race detector are due. Grades can be computed
// from recorded runs on any machine.
func (g *grading) canRaceDue(ctx context.Context) error {
	for _, p := range g.submitted {
		if p.submission.Problem == nil && p.due() && p.leftIn(record.Race) {
			return g.class.canRace(ctx)
		}
	}
	return nil
}
