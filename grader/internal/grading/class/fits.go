package class

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
)

// Before anything is run, the lab, the course, this grader and what is recorded
// must fit each other: what does not would be taken for a failure of students.

// checkCases sees that a tree has the cases that are to be graded. A grader that was
// built of another version of the lab knows of other ones, and everybody would be
// said to have failed in those.
func (c *Grader) checkCases(tree string) error {
	tests := map[string]string{} // text, by package
	for _, k := range c.Cases {
		part := c.Course.Part(k.Part)
		if part == nil || !slices.ContainsFunc(part.Cases, func(own course.Case) bool { return own.Name == k.Name }) {
			continue
		}
		text, ok := tests[k.Package]
		if !ok {
			files, err := filepath.Glob(filepath.Join(tree, k.Package, "*_test.go"))
			if err != nil {
				return err
			}
			for _, f := range files {
				b, err := os.ReadFile(f)
				if err != nil {
					return err
				}
				text += string(b)
			}
			tests[k.Package] = text
		}
		if !strings.Contains(text, "func "+k.TestName()+"(") {
			return fmt.Errorf("the lab in %s has no test %s: this grader was built of another version of the lab. Build it there (go build ./grader), or give its own tree with --lab", c.Tree, k.TestName())
		}
	}
	return nil
}

// sameLab refuses to mix runs of two versions in one attempt.
func (g *grading) sameLab() error {
	for _, p := range g.submitted {
		if !p.due() {
			continue
		}
		for _, r := range p.made() {
			if r.Kind == record.Run && (r.Lab != g.journal.lab || r.Go != runtime.Version()) {
				return fmt.Errorf("grading of %s began with lab %s and %s, and this is %s with %s: continue with those, or choose another folder with --out", p.submission.ID, r.Lab, r.Go, g.journal.lab, runtime.Version())
			}
		}
	}
	return nil
}

// sameCases refuses a course with cases that were not in the runs that are
// recorded: they would be taken for failed.
func (g *grading) sameCases() error {
	due := map[program][]campaign.Case{}
	for _, p := range g.submitted {
		for _, r := range p.made() {
			part := g.class.Course.Part(r.Part)
			if r.Kind != record.Run || part == nil || r.Outcome != "" {
				continue
			}
			held := g.class.programOf(*part, r.Mode)
			if due[held] == nil {
				due[held] = g.builder.campaign(held).Cases
			}
			for _, k := range due[held] {
				if k.Part == r.Part && !slices.ContainsFunc(r.Cases, func(c record.CaseResult) bool { return c.Name == k.Name }) {
					return fmt.Errorf("course.toml has the case %s, which the recorded runs of %s do not have: use --regrade for new runs, choose another folder with --out, or leave out the case", k.Name, p.submission.ID)
				}
			}
		}
	}
	return nil
}

// sameSecret refuses to go on with runs whose seeds come of another secret than the
// course has now: what was published of it would not be true of them.
func (g *grading) sameSecret() error {
	for _, r := range g.journal.records() {
		if r.Kind == record.Run && r.Outcome == "" && r.Seed != g.class.Seeds.Of(r.Part, r.K) {
			return fmt.Errorf("%s has runs whose seeds are derived from another secret: restore the secret that the course had then, or choose another folder with --out", Records(g.class.Out))
		}
	}
	return nil
}
