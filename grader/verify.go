//go:build !student

package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/base/ranged"
	"raftlab/grader/internal/grading/class"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/publish/terminal"
)

func verifyCommand() *cobra.Command {
	var o classOptions
	sample := 20
	cmd := &cobra.Command{
		Use:   "verify [flags] RESULTS SUBMISSIONS",
		Short: "Repeat a random sample of the runs of a grading, and compare",
		Long: `Repeat runs of a grading, chosen at random, with the same seeds, and compare. On the
exact clock everything must be the same, to the byte of the output. On the virtual
clock, where a run can depend on the load of the machine, the command compares which
cases passed, and lists differences.`,
		Example: `  grader verify --config course.toml --sample 20 results/lab2 handed-in`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.out = args[0]
			c, err := o.class(cmd.Context(), args[1])
			if err != nil {
				return err
			}
			fmt.Printf("repeating up to %s; each program is built first\n", terminal.Count(sample, "run"))
			bad, differ := false, 0
			n, err := c.Verify(cmd.Context(), sample, func(r record.Record, all []class.Difference) {
				run := fmt.Sprintf("%s, %s %s run %d, seed %d", r.Submission, r.Part, r.Mode, r.K, r.Seed)
				if len(all) == 0 {
					fmt.Printf("%s: the same\n", run)
				}
				for _, d := range all {
					differ++
					bad = bad || r.Mode == record.Exact
					fmt.Printf("%s: %s: %s\n", run, d.Was.Name, d.Different)
				}
			})
			if err != nil {
				return err
			}
			if n == 0 {
				return fmt.Errorf("nothing to repeat: %s has no runs of these submissions; give the folder of submissions that was graded", o.out)
			}
			fmt.Printf("%s repeated, %s\n", terminal.Count(n, "run"), terminal.Count(differ, "difference"))
			if bad {
				return errFailed
			}
			return nil
		},
	}
	o.flags(cmd)
	cmd.Flags().Var(ranged.Int(&sample, 1, ranged.Most), "sample", "number of runs to repeat")
	return cmd
}

func diffCommand() *cobra.Command {
	var runs bool
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Compare two gradings: results folders, or their grades.json",
		Long: `Compare two gradings, and say for each submission whose grade differs in which
cases. With --runs, compare the records too, run by run and to the byte, but for
times and machines; then both must be results folders. On the virtual clock, which
does not promise the same trace, cases must come out the same. Exit status: 0 when
they are alike, 1 when something differs.`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			var documents [2]grades.ClassGrades
			for i, name := range args {
				if info, err := os.Stat(name); err == nil && info.IsDir() {
					name = class.Grades(name)
				}
				text, err := os.ReadFile(name)
				if err != nil {
					return err
				}
				if err := json.Unmarshal(text, &documents[i]); err != nil || documents[i].Schema != grades.Schema {
					return fmt.Errorf("%s is not a grades.json of this grader", name)
				}
			}
			lines := grades.Diff(documents[0], documents[1])
			if runs {
				more, err := diffRuns(args[0], args[1])
				if err != nil {
					return err
				}
				lines = append(lines, more...)
			}
			for _, line := range lines {
				fmt.Println(line)
			}
			if len(lines) > 0 {
				return errFailed
			}
			fmt.Println("alike")
			return nil
		},
	}
	cmd.Flags().BoolVar(&runs, "runs", false, "compare the records of all runs too")
	return cmd
}

// diffRuns compares the records of two results folders.
func diffRuns(old, now string) ([]string, error) {
	var records [2][]record.Record
	for i, folder := range []string{old, now} {
		var err error
		if records[i], err = record.Read(class.Records(folder)); err != nil {
			return nil, err
		}
	}
	c := record.Compare(records[0], records[1])
	fmt.Printf("%s the same to the byte, %d with the same outcome and another trace on a clock that does not promise one, %d otherwise\n",
		terminal.Count(c.Same, "record"), c.Traces, len(c.Differ))
	return c.Differ, nil
}
