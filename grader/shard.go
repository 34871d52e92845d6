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
		Long: `Grade one unit of a plan, or some, one after the other. Kill it whenever you like:
given the same command again it goes on where it was, and when all is done it does
nothing. Two shards that are given the same unit do not disturb each other.

Exit status: 0 when the units are graded, whatever came of them; 2 when the machine
is to blame, and another try may help; 3 when the plan does not fit this lab, this
Go or this folder; 130 when it was interrupted.`,
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
	f.StringVar(&index, "index", "", "a task, or a range of them such as 0-99")
	f.Var(ranged.Int(&per, 1, ranged.Most), "per", "units of a task: task K is the units from K × this number on")
	f.StringVar(&o.out, "out", "", "folder of the results, which shards on all machines can share")
	f.StringVar(&o.lab, "lab", ".", "top of the lab's tree, with the reference in solutions/")
	f.BoolVar(&o.requireSandbox, "require-sandbox", false, "stop if the machine lacks any measure of the sandbox")
	f.StringSliceVar(&o.without, "without", nil, "measures of the sandbox to leave out, to see how the rest holds")
	for _, name := range []string{"plan", "index", "out"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}

// indexes returns which units a task, or a range of tasks, is.
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
