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

// submitOptions holds the flags of submit.
type submitOptions struct {
	out, parts string
	rules      policy.Rules
	seed       uint64
}

func submitCommand() *cobra.Command {
	var o submitOptions
	cmd := &cobra.Command{
		Use:   "submit [flags] DIR",
		Short: "Check a submission as the staff will, and pack it",
		Long: `Check a submission as the staff will, and pack it.

DIR is the tree you work in. The submission consists of the Go files directly in raft/
and kvraft/, without tests; grading uses the lab's own copy of everything else. The
command checks these files against the rules for submissions, compiles them, runs each
part once, and packs them into a .zip.

It packs them even if the check fails, so that you have something to hand in. The last
lines say what the staff will see. The exit status is 1 if the check failed.`,
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
	f.StringVar(&o.out, "out", "submission.zip", "archive to write; an earlier one is replaced")
	f.StringVar(&o.parts, "part", "", "parts to run once, such as 2A,2B (default: all of the submitted packages)")
	f.StringSliceVar(&o.rules.Imports, "allow-import", nil, "packages that your course allows in addition to the lab's list")
	f.StringSliceVar(&o.rules.Names, "allow-name", nil, "package-level variables that your course allows, such as debug")
	f.Var((*seed)(&o.seed), "seed", "seed of the run (default: random)")
	return cmd
}

func (o submitOptions) run(cmd *cobra.Command, dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return fmt.Errorf("%s is not the root of a tree of the lab: it has no go.mod; give the directory that holds go.mod, raft/ and kvraft/", dir)
	}
	work, err := intake.Open(dir, intake.DefaultBounds())
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	if work.Root != "." {
		return fmt.Errorf("%s: raft/ is in %s: give that directory", dir, filepath.Join(dir, work.Root))
	}
	fmt.Println("files in the submission:")
	for _, name := range work.Names() {
		fmt.Printf("  %-24s %5d lines\n", name, strings.Count(string(work.Files[name]), "\n"))
	}
	fmt.Println("Grading uses the lab's own copy of everything else.")
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
	fmt.Println("They run each part many more times, also with the race detector. Do the same:")
	fmt.Printf("  go run ./grader run --runs 100 --race %s\n", dir)
	return nil
}

// check does the first steps of a grading. seen says what is wrong with the submission; err
// is set if the check could not be done.
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

// campaign returns a campaign that runs each submitted part once.
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
