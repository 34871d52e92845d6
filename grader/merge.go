//go:build !student

package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/cluster/plan"
	"raftlab/grader/internal/publish/terminal"
)

func mergeCommand() *cobra.Command {
	var o classOptions
	var partial bool
	cmd := &cobra.Command{
		Use:   "merge [flags] RESULTS...",
		Short: "Merge the results of the shards of a plan",
		Long: `Merge the results of the shards of a plan, in one folder or several, into a results
folder like that of grader class, with the same records and grades. The same results
give the same bytes, in whatever order the folders are named. A run that two shards
did counts once.

If something is missing, the command lists it, and writes nothing without --partial.
It reads the overrides from the folder of --out.

Exit status: 0 if everything is there, 1 if something is missing or a person must
look at something, 2 if nothing could be merged.`,
		Example: `  grader merge --out final results
  grader merge --out final from-lab-1 from-lab-2`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, folders []string) error {
			m, err := plan.Merge(folders, suiteCases())
			if err != nil {
				return err
			}
			printMissing(m)
			if len(m.Missing) > 0 && !partial {
				fmt.Printf("nothing was written to %s; use --partial to write an incomplete result\n", o.out)
				return errFailed
			}
			overrides, err := o.readOverrides()
			if err != nil {
				return err
			}
			d, err := m.Grades(overrides)
			if err != nil {
				return err
			}
			if err := m.Write(o.out, d); err != nil {
				return err
			}
			if err := copyFile(filepath.Join(o.out, "course.toml"), filepath.Join(folders[0], "course.toml")); err != nil {
				return err
			}
			fmt.Printf("merged %s of %s\n", terminal.Count(len(m.Records), "record"), terminal.Count(len(m.Plan.Units), "unit"))
			if err := o.printSummary(d); err != nil {
				return err
			}
			if len(m.Missing) > 0 {
				return errFailed
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "results folder to create; an earlier merge of the same plan is replaced")
	f.StringVar(&o.overrides, "overrides", "", "CSV of scores that people decided: id,part,score,reason (default: overrides.csv in the results folder)")
	f.BoolVar(&partial, "partial", false, "write the results even if something is missing")
	cmd.MarkFlagRequired("out")
	return cmd
}

// printMissing prints the missing units, and how to grade them.
func printMissing(m *plan.Merged) {
	if len(m.Missing) == 0 {
		return
	}
	fmt.Printf("%s of %d not done:\n", terminal.Count(len(m.Missing), "unit"), len(m.Plan.Units))
	var indexes []int
	for _, u := range m.Missing {
		fmt.Printf("  %d, %s %s: %s\n", u.Index, u.Unit.Submission, u.Unit.Part, u.Why)
		indexes = append(indexes, u.Index)
	}
	fmt.Printf("run grader shard with each of these as --index: %s\n", ranges(indexes))
}

// ranges formats sorted numbers, as in 3,7-9.
func ranges(all []int) string {
	var parts []string
	for i := 0; i < len(all); {
		k := i
		for k+1 < len(all) && all[k+1] == all[k]+1 {
			k++
		}
		if k == i {
			parts = append(parts, fmt.Sprint(all[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", all[i], all[k]))
		}
		i = k + 1
	}
	return strings.Join(parts, ",")
}
