package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/migrate"
	"raftlab/grader/internal/report"
)

func migrateCommand() *cobra.Command {
	var from, out string
	cmd := &cobra.Command{
		Use:   "migrate --from DIR [--out TREE]",
		Short: "Bring a Raft over from MIT's labs (6.824, 6.5840)",
		Long: `Fill raft/ and kvraft/ of a lab tree from a tree of MIT's labs: 6.824 of 2020 to
2022 and 6.5840 of 2023 to 2025, as they were cloned. kvraft/ is taken of 2020 to
2024; the service of 2025 is another one.

Imports, types, fields, messages and calls of the Persister get their names here;
what this lab does not have is made, in a file migrated.go. Algorithms stay as
they are, with their comments. What is left to do is listed with file and line.

The lab tree must hold the skeletons as they were handed out. If anything is
wrong, nothing is written.

The exit status is 0 if nothing is left to do, 1 if something is, 2 if nothing
was written.`,
		Example: `  grader migrate --from ~/6.5840
  grader migrate --from ~/6.824-2021 --out ~/raftlab-fresh
  cd raft && go test -run 2A`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if from == "" {
				return fmt.Errorf("say from where: --from DIR, the folder of the old labs that holds src/")
			}
			r, err := migrate.Plan(cmd.Context(), from, out)
			if err != nil {
				return err
			}
			if err := r.Install(); err != nil {
				return fmt.Errorf("%w (nothing was written)", err)
			}
			return printMigration(r, out)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "the folder of the old labs; it holds src/raft, or src/raft1 of 2025")
	cmd.Flags().StringVar(&out, "out", ".", "the lab tree to fill")
	return cmd
}

// printMigration says what became of it.
func printMigration(r *migrate.Result, out string) error {
	fmt.Println("taken:")
	for _, name := range r.Names() {
		from := r.Taken[name]
		if from == "" {
			from = "(made)"
		}
		fmt.Printf("  %-28s %-28s %5d lines\n", name, from, bytes.Count(r.Files[name], []byte("\n")))
	}
	if len(r.Left) > 0 {
		fmt.Println("not taken:")
	}
	for _, l := range r.Left {
		fmt.Printf("  %s: %s\n", l.File, l.Why)
	}
	if len(r.Changes) > 0 {
		fmt.Println("changed:")
	}
	for _, c := range r.Changes {
		fmt.Printf("  %s\n", c)
	}
	if len(r.Notes) > 0 {
		fmt.Println("to know:")
	}
	for _, n := range r.Notes {
		fmt.Printf("  %v\n", n)
	}
	if len(r.ByHand) == 0 {
		fmt.Printf("\nIt compiles, and keeps the rules for submissions. Next, in %s: go run ./grader run --part 2A --runs 20 .\n", out)
		return nil
	}
	fmt.Printf("\nleft to do by hand, %s:\n", report.Count(len(r.ByHand), "place"))
	for _, n := range r.ByHand {
		fmt.Printf("  %v\n", n)
	}
	fmt.Printf("Then, in %s: go vet ./raft, and go run ./grader run --part 2A --runs 20 .\n", out)
	return errFailed
}
