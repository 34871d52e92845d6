//go:build !student

package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/base/ranged"
	"raftlab/grader/internal/publish/report"
)

func reportCommand() *cobra.Command {
	var out, roster string
	var anonymous bool
	failures := report.DefaultFailures
	cmd := &cobra.Command{
		Use:   "report [flags] RESULTS",
		Short: "Write report pages for the staff",
		Long: `Write an overview of the class, a page for each student and a page for each failed
run, from a folder that grader class wrote.

The pages need no server and no network: open index.html. They show names if a roster
is given. Anonymous pages number the students differently each time, and leave out all
text from submissions.`,
		Example: `  grader report results --roster roster.csv --out site
  grader report results --anonymous --out to-show`,
		Args: oneResults,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := readResults(args[0], roster)
			if err != nil {
				return err
			}
			s := report.Site{Grades: r.grades, Records: r.records, Results: r.folder, Names: r.roster.Names(), Anonymous: anonymous, Failures: failures}
			n, err := s.Write(out)
			if err != nil {
				return err
			}
			fmt.Printf("%d pages; open %s\n", n, filepath.Join(out, "index.html"))
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&out, "out", "site", "folder for the pages: a new one, or one with such pages, which are replaced")
	flags.StringVar(&roster, "roster", "", "CSV of the class, for names")
	flags.BoolVar(&anonymous, "anonymous", false, "leave out ids, names and text from submissions")
	flags.Var(ranged.Int(&failures, 1, ranged.Most), "failures", "for each student, maximum pages for runs in which a case failed in the same way")
	return cmd
}

// oneResults checks the arguments of a command that reads results.
func oneResults(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("give one results folder, the one that grader class wrote to")
	}
	return nil
}
