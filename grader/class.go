//go:build !student

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/base/atomicfile"
	"raftlab/grader/internal/base/ranged"
	"raftlab/grader/internal/execute/exact"
	"raftlab/grader/internal/execute/sandbox"
	"raftlab/grader/internal/grading/class"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake/policy"
	"raftlab/grader/internal/publish/terminal"
	"raftlab/tests/suite"
)

// classOptions is what the flags of the commands for classes ask for.
type classOptions struct {
	config, roster, out, overrides string
	lab                            string
	only                           []string
	procs                          int
	regrade, estimate              bool
	requireSandbox                 bool
	without                        []string
}

func classCommand() *cobra.Command {
	var o classOptions
	cmd := &cobra.Command{
		Use:   "class [flags] SUBMISSIONS",
		Short: "Grade a class: run every submission as often as course.toml requires",
		Long: `Grade a class. SUBMISSIONS is a folder with a directory, .zip or .tar.gz for each
student or team, or the unpacked download of Gradescope, Canvas or Moodle.

Every run is recorded in the results folder as soon as it is done. You can stop the
grader at any time; rerun the command to resume. After a change of course.toml or
overrides.csv, rerun the command to compute the grades again from the recorded runs.
Nothing leaves the machine.

Exit status: 0 if everything is graded, 1 if a person must look at something, 2 if
nothing could be graded, 130 if it was interrupted.`,
		Example: `  grader class --config course.toml --roster roster.csv --out results/lab2 handed-in
  grader class --config course.toml --roster roster.csv --out results/lab2 --only s017 --regrade handed-in
  grader class --config course.toml --roster roster.csv --out results/lab2 --estimate handed-in`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.grade(cmd.Context(), args[0]) },
	}
	f := cmd.Flags()
	o.flags(cmd)
	f.StringVar(&o.out, "out", "", "results folder; created if it does not exist")
	f.StringVar(&o.overrides, "overrides", "", "CSV of scores that people decided: id,part,score,reason (default: overrides.csv in the results folder)")
	f.StringSliceVar(&o.only, "only", nil, "grade only the submissions with these ids")
	f.BoolVar(&o.regrade, "regrade", false, "grade again what is graded already; the better grade counts")
	f.BoolVar(&o.estimate, "estimate", false, "estimate how long grading will take, and grade nothing")
	cmd.MarkFlagRequired("out")
	return cmd
}

// flags registers the flags that all commands for classes share.
func (o *classOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.config, "config", "course.toml", "the course: its parts, runs and points")
	f.StringVar(&o.roster, "roster", "", "CSV of the class: id, and optionally name, email, team, late_days, extension, reason, handed_in")
	f.StringVar(&o.lab, "lab", ".", "root of the lab's tree, with the reference in solutions/")
	f.Var(ranged.Int(&o.procs, 1, 4096), "procs", "concurrent processes (default: one for each processor)")
	f.BoolVar(&o.requireSandbox, "require-sandbox", false, "fail if the machine lacks a measure of the sandbox")
	f.StringSliceVar(&o.without, "without", nil, "measures of the sandbox to leave out, to test the others")
}

// class returns the grader of the class, with what is to be graded.
func (o *classOptions) class(ctx context.Context, folder string) (*class.Grader, error) {
	c, err := o.machine()
	if err != nil {
		return nil, err
	}
	if c.Course, err = loadCourse(o.config); err != nil {
		return nil, err
	}
	if err := o.checkSecret(c.Course); err != nil {
		return nil, err
	}
	var made string
	if c.Seeds, made, err = c.Course.Seeds(); err != nil {
		return nil, err
	}
	if made != "" {
		fmt.Printf("created %s: seeds are derived from it. Keep it secret until the deadline, and keep it with the results\n", made)
	}
	if folder != "" {
		if err := o.readSubmissions(ctx, c, folder); err != nil {
			return nil, err
		}
	}
	return c, o.prepare(ctx, c)
}

// checkSecret returns an error if the secret is missing and there are runs already.
func (o *classOptions) checkSecret(c *course.Course) error {
	_, missing := os.Stat(c.SecretFile())
	if info, err := os.Stat(class.Records(o.out)); o.out != "" && err == nil && info.Size() > 0 && os.IsNotExist(missing) {
		return fmt.Errorf("%s is missing, and %s has runs whose seeds are derived from it: restore it, or choose another folder with --out", c.SecretFile(), o.out)
	}
	return nil
}

// machine returns a grader without the settings that depend on the course.
func (o *classOptions) machine() (*class.Grader, error) {
	if o.procs == 0 {
		o.procs = runtime.NumCPU()
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	lab, err := filepath.Abs(o.lab)
	if err != nil {
		return nil, err
	}
	reference := filepath.Join(lab, "solutions")
	if _, err := os.Stat(filepath.Join(reference, "raft")); err != nil {
		return nil, fmt.Errorf("--lab %s: the reference is not in this tree (%w); the grader needs it to check the machine", o.lab, err)
	}
	return &class.Grader{
		Cases: allCases(), Tree: lab, Reference: reference, Out: o.out, Procs: o.procs,
		Worker: []string{self, workName}, Regrade: o.regrade,
	}, nil
}

// suiteCases returns the cases that courses choose from.
func suiteCases() (cases []suite.Case) {
	for _, k := range allCases() {
		cases = append(cases, k.Case)
	}
	return cases
}

// prepare sets up the policy and the sandbox for the course.
func (o *classOptions) prepare(ctx context.Context, c *class.Grader) (err error) {
	rules := policy.Rules{Imports: c.Course.Policy.Imports, Names: c.Course.Policy.Names}
	if c.Policy, err = policy.NewChecker(ctx, c.Tree, rules); err != nil {
		return err
	}
	leave, err := measures(o.without)
	if err != nil {
		return err
	}
	report, err := c.Prepare(ctx, leave...)
	if err != nil {
		return err
	}
	fmt.Println(report)
	var choice exact.Choice // chosen once for all units of a shard
	c.Choose = func(ctx context.Context, asked exact.Engine) (_ exact.Engine, err error) {
		if choice.Engine != "" {
			return choice.Engine, nil
		}
		if choice, err = exact.Choose(ctx, asked, c.Tree, os.Stderr); err == nil {
			fmt.Println(choice)
		}
		return choice.Engine, err
	}
	if o.requireSandbox {
		if err := report.Require(); err != nil {
			return fmt.Errorf("--require-sandbox: %w", err)
		}
	}
	return nil
}

// loadCourse reads a course.toml.
func loadCourse(file string) (*course.Course, error) { return course.Load(file, suiteCases()) }

// measures returns the measures of the sandbox with these names.
func measures(names []string) (all []sandbox.Measure, err error) {
	known := sandbox.Measures()
	for _, n := range names {
		if !slices.Contains(known, sandbox.Measure(n)) {
			return nil, fmt.Errorf("--without %q: unknown measure; expected one of %s", n, strings.Join(texts(known), ", "))
		}
		all = append(all, sandbox.Measure(n))
	}
	return all, nil
}

func texts[T ~string](all []T) (names []string) {
	for _, s := range all {
		names = append(names, string(s))
	}
	return names
}

// grade grades the class.
func (o *classOptions) grade(ctx context.Context, folder string) error {
	if err := class.MayHoldResults(o.out); err != nil {
		return err
	}
	c, err := o.class(ctx, folder)
	if err != nil {
		return err
	}
	if o.estimate {
		fmt.Println("estimating: if costs are not recorded yet, the reference is run once in each mode, which takes some minutes")
		text, err := c.Estimate(ctx)
		if err == nil {
			fmt.Print(text)
		}
		return err
	}
	if c.Overrides, err = o.readOverrides(); err != nil {
		return err
	}
	if err := (grades.Inputs{Course: c.Course, Submitters: c.Submitters, Overrides: c.Overrides}).CheckOverrides(); err != nil {
		return err
	}
	var ids []string
	for _, s := range c.Submissions {
		ids = append(ids, s.ID)
	}
	progress := terminal.NewClassProgress(os.Stdout, ids, len(c.Course.Parts))
	d, err := c.Run(ctx, progress)
	if err != nil && ctx.Err() != nil {
		fmt.Println("Interrupted: rerun the command to resume.")
		if err != context.Cause(ctx) {
			fmt.Printf("  (%v)\n", err)
		}
		return errInterrupted
	}
	if err != nil {
		return err
	}
	progress.End()
	if err := copyFile(filepath.Join(o.out, "course.toml"), o.config); err != nil {
		return err
	}
	return o.printSummary(d)
}

// printSummary prints the results of a grading. It returns errFailed if a person must look
// at something.
func (o *classOptions) printSummary(d grades.ClassGrades) error {
	var look []string
	for _, s := range d.Submissions {
		if s.Status == grades.NeedsReview {
			look = append(look, fmt.Sprintf("  %s: %s", s.ID, s.Why))
		}
	}
	fmt.Printf("grades: %s (course.toml %s, lab %s, %s)\n", class.Grades(o.out), d.Header.Config, d.Header.Lab, d.Header.Go)
	for _, g := range grades.Groups(d.Similar) {
		share := fmt.Sprintf("%.0f %%", 100*g.Least)
		if len(g.IDs) > 2 {
			share = "at least " + share + " for each pair"
		}
		fmt.Printf("much in common: %s (%s)\n", strings.Join(g.IDs, ", "), share)
	}
	if what := allRefused(d); what != "" {
		fmt.Println(what)
		return errFailed
	}
	if len(look) > 0 {
		fmt.Printf("a person must look at %s:\n%s\n", terminal.Count(len(look), "submission"), strings.Join(look, "\n"))
		return errFailed
	}
	return nil
}

// allRefused returns a message if no submission at all compiled, "" otherwise: the course
// is then more likely to be at fault than all students.
func allRefused(d grades.ClassGrades) string {
	refused := 0
	for _, s := range d.Submissions {
		if s.Outcome == record.Build {
			refused++
		} else if s.Outcome != record.Intake && s.Outcome != record.Policy {
			return ""
		}
	}
	if refused < 2 {
		return ""
	}
	return fmt.Sprintf("no submission compiles (%d of %d do not): check the lab and the course first", refused, len(d.Submissions))
}

// readOverrides reads the overrides, if there is a file.
func (o *classOptions) readOverrides() ([]grades.Override, error) {
	file := o.overrides
	if file == "" {
		file = filepath.Join(o.out, "overrides.csv")
	}
	f, err := os.Open(file)
	if o.overrides == "" && os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := grades.ReadOverrides(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return all, nil
}

func copyFile(to, from string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return atomicfile.Write(to, text)
}
