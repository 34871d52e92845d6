package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/intake"
	"raftlab/grader/internal/intake/policy"
	"raftlab/grader/internal/publish/terminal"
	"raftlab/tests/clock"
)

// submitOptions is what the flags of submit ask for.
type submitOptions struct {
	out, parts string
	rules      policy.Rules
	seed       uint64
}

func submitCommand() *cobra.Command {
	var o submitOptions
	cmd := &cobra.Command{
		Use:   "submit [flags] DIR",
		Short: "Check what is to be handed in as the staff will, and pack it",
		Long: `Check what is to be handed in as the staff will, and pack it.

DIR is the tree you work in. Taken are the Go files directly in raft/ and kvraft/
but for tests; everything else in a submission is the lab's own when it is
graded. They are checked against the rules for submissions, compiled, and run
once, and then packed into a .zip.

It is packed whatever the check finds, so that there is something to hand in; the
last lines say what the staff will see, and the exit status is 1 if that is not
what you want.`,
		Example: `  grader submit .
  grader submit --part 2A,2B --out raft-2b.zip .`,
		Args: oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("seed") {
				o.seed = 1 + rand.Uint64N(999_999)
			}
			return o.run(cmd, args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "submission.zip", "the archive to write; one that was written before is replaced")
	f.StringVar(&o.parts, "part", "", "parts to run once, such as 2A,2B (default: all of the packages that are handed in)")
	f.StringSliceVar(&o.rules.Imports, "allow-import", nil, "packages that your course allows beside the lab's list")
	f.StringSliceVar(&o.rules.Names, "allow-name", nil, "package-level variables that your course allows, such as debug")
	f.Var((*seed)(&o.seed), "seed", "seed of the run (default: another one each time)")
	return cmd
}

func (o submitOptions) run(cmd *cobra.Command, dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return fmt.Errorf("%s is not the top of a tree of the lab: it has no go.mod. Give the directory that holds go.mod, raft/ and kvraft/", dir)
	}
	work, err := intake.Open(dir, intake.DefaultBounds())
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	if work.Root != "." {
		return fmt.Errorf("%s: raft/ is in %s: give that directory", dir, filepath.Join(dir, work.Root))
	}
	fmt.Println("taken:")
	for _, name := range work.Names() {
		fmt.Printf("  %-24s %5d lines\n", name, strings.Count(string(work.Files[name]), "\n"))
	}
	fmt.Println("Everything else is the lab's own when it is graded.")
	for _, i := range work.Ignored {
		if slices.Contains(intake.Packages(), filepath.ToSlash(filepath.Dir(i.Path))) && !strings.HasSuffix(i.Path, "_test.go") {
			fmt.Println(i)
		}
	}
	seen, err := o.check(cmd, dir, work)
	if err != nil {
		return err
	}
	if err := work.Pack(o.out); err != nil {
		return err
	}
	fmt.Printf("\npacked: %s, %s, digest %s\n", o.out, terminal.Count(len(work.Files), "file"), work.Digest())
	if seen != nil {
		fmt.Printf("the staff will see: %v\n", seen)
		return errFailed
	}
	fmt.Println("the staff will see: it keeps the rules, compiles, and passed this one run.")
	fmt.Println("They run each part many times more, with the race detector too. Do so as well:")
	fmt.Printf("  go run ./grader run --runs 100 --race %s\n", dir)
	return nil
}

// check does what a grading begins with. seen is what is wrong with the work; err
// is what kept the check from being made.
func (o submitOptions) check(cmd *cobra.Command, dir string, work *intake.Submission) (seen, err error) {
	fmt.Println("\nchecking the rules for submissions")
	checker, err := policy.NewChecker(cmd.Context(), dir, o.rules)
	if err != nil {
		return nil, fmt.Errorf("cannot check the rules: %w", err)
	}
	found := checker.Check(work.Files)
	for _, f := range found {
		fmt.Println(f)
	}
	if len(found) > 0 {
		seen = fmt.Errorf("refused: it breaks the rules for submissions in %s", terminal.Count(len(found), "place"))
	}

	c, err := o.campaign(dir, work)
	if err != nil {
		return nil, err
	}
	tally := terminal.NewTally(c)
	var build *campaign.BuildError
	switch err := runCampaign(cmd, c, logRetention{}, tally.Add); {
	case errors.As(err, &build):
		fmt.Println(build)
		return errors.Join(seen, errors.New("it does not compile")), nil
	case err != nil:
		return nil, err
	case cmd.Context().Err() != nil:
		return nil, errInterrupted
	}
	fmt.Print(tally.String())
	if !tally.AllPassed() {
		seen = errors.Join(seen, errors.New("cases failed in this run; see above"))
	}
	return seen, nil
}

// campaign runs each part of what is handed in once.
func (o submitOptions) campaign(dir string, work *intake.Submission) (c campaign.Campaign, err error) {
	parts := o.parts
	if parts == "" {
		var all []string
		for _, k := range allCases() {
			if work.Has(k.Package) && !slices.Contains(all, k.Part) {
				all = append(all, k.Part)
			}
		}
		parts = strings.Join(all, ",")
	}
	c = campaign.Campaign{
		Dir: dir, Seeds: []uint64{o.seed}, Procs: runtime.NumCPU(), Clock: clock.Virtual, Deliver: campaign.Mixed,
		Logs: newLogs(),
	}
	if c.Cases, err = choose(parts, ""); err != nil {
		return c, err
	}
	c.Cases = slices.DeleteFunc(c.Cases, func(k campaign.Case) bool { return !k.RunsOn(clock.Virtual) })
	self, err := os.Executable()
	c.Worker = []string{self, workName}
	return c, err
}
