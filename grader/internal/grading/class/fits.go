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

// Before it runs anything, the grader checks that the lab, the course, the grader itself
// and the records match. A mismatch would look like failures of students.

// checkCases returns an error if a tree lacks a case that is to be graded. A grader built
// from another version of the lab knows other cases, which every submission would fail.
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
			return fmt.Errorf("the lab in %s has no test %s: this grader was built from another version of the lab; build it in that tree (go build ./grader), or give its own tree with --lab", c.Tree, k.TestName())
		}
	}
	return nil
}

// sameLab returns an error if an attempt would mix runs of two versions of the lab.
func (g *grading) sameLab() error {
	for _, p := range g.submitted {
		if !p.due() {
			continue
		}
		for _, r := range p.made() {
			if r.Kind == record.Run && (r.Lab != g.journal.lab || r.Go != runtime.Version()) {
				return fmt.Errorf("the grading of %s began with lab %s and %s, but this is %s with %s: continue with those versions, or choose another folder with --out", p.submission.ID, r.Lab, r.Go, g.journal.lab, runtime.Version())
			}
		}
	}
	return nil
}

// sameCases returns an error if the course has cases that the recorded runs lack. They
// would count as failed.
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

// sameSecret returns an error if the seeds of recorded runs were derived from another
// secret than the course's. The published commitment would be wrong for them.
func (g *grading) sameSecret() error {
	for _, r := range g.journal.records() {
		if r.Kind == record.Run && r.Outcome == "" && r.Seed != g.class.Seeds.Of(r.Part, r.K) {
			return fmt.Errorf("%s has runs whose seeds are derived from another secret: restore the secret that the course had then, or choose another folder with --out", Records(g.class.Out))
		}
	}
	return nil
}
