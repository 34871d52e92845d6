//go:build !student

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/base/ranged"
	"raftlab/grader/internal/cluster/plan"
)

func shardCommand() *cobra.Command {
	var o classOptions
	var folder, index string
	per := 1
	cmd := &cobra.Command{
		Use:   "shard [flags]",
		Short: "Grade some units of a plan",
		Long: `Grade one or more units of a plan, one after the other. You can stop it at any time;
rerun the command to resume. If everything is done, it does nothing. Two shards may
have the same unit.

Exit status: 0 if the units are graded, whatever their scores; 2 if the machine is to
blame, and a retry may help; 3 if the plan does not fit this lab, this Go or this
folder; 130 if it was interrupted.`,
		Example: `  grader shard --plan plan --index 17 --out results
  grader shard --plan plan --index 0-99 --out results
  grader shard --plan plan --index "$SLURM_ARRAY_TASK_ID" --per 10 --out /shared/results`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			first, last, err := indexes(index, per)
			if err != nil {
				return permanent(err)
			}
			s, err := plan.Open(folder, o.out, first, last, suiteCases())
			if err != nil {
				return permanent(err)
			}
			o.procs = 1
			c, err := o.machine()
			if err != nil {
				return err
			}
			if err := s.Prepare(c); err != nil {
				return permanent(err)
			}
			if err := o.prepare(cmd.Context(), c); err != nil {
				return err
			}
			err = s.Run(cmd.Context(), c, os.Stdout)
			if err != nil && cmd.Context().Err() != nil {
				fmt.Println("Interrupted: rerun the command to resume.")
				return errInterrupted
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&folder, "plan", "", "folder that grader plan wrote")
	f.StringVar(&index, "index", "", "number of a task, or a range such as 0-99")
	f.Var(ranged.Int(&per, 1, ranged.Most), "per", "units in a task: task K begins with unit K × this number")
	f.StringVar(&o.out, "out", "", "folder for the results, which shards on all machines may share")
	f.StringVar(&o.lab, "lab", ".", "root of the lab's tree, with the reference in solutions/")
	f.BoolVar(&o.requireSandbox, "require-sandbox", false, "fail if the machine lacks a measure of the sandbox")
	f.StringSliceVar(&o.without, "without", nil, "measures of the sandbox to leave out, to test the others")
	for _, name := range []string{"plan", "index", "out"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}

// indexes returns the first and last unit of a task or a range of tasks.
func indexes(text string, per int) (first, last int, err error) {
	if per < 1 {
		return 0, 0, fmt.Errorf("--per %d: give at least 1", per)
	}
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	first, err = strconv.Atoi(from)
	if err == nil {
		last, err = strconv.Atoi(to)
	}
	if err != nil || first < 0 || last < first || last > ranged.Most {
		return 0, 0, fmt.Errorf("--index %q: give a number from 0 to %d, or a range such as 0-99", text, ranged.Most)
	}
	return first * per, last*per + per - 1, nil
}
