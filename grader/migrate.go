package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/intake/migrate"
	"raftlab/grader/internal/publish/terminal"
)

func migrateCommand() *cobra.Command {
	var from, out string
	cmd := &cobra.Command{
		Use:   "migrate --from DIR [--out TREE]",
		Short: "Migrate a Raft from MIT's labs (6.824, 6.5840) to this lab",
		Long: `Fill raft/ and kvraft/ of a lab tree from a tree of MIT's labs: 6.824 of 2020 to
2022, or 6.5840 of 2023 to 2025. The service in kvraft/ is migrated for 2020 to
2024; that of 2025 has another interface.

The command changes imports, types, the names of messages and fields, and calls
of the Persister. It puts functions that this lab lacks into migrated.go. It does
not change algorithms or comments. It lists what remains to be done by hand, with
file and line.

The lab tree must hold the unchanged skeletons. If the input is wrong, nothing is
written.

Exit status: 0 if nothing remains to be done, 1 if something does, 2 if nothing
was written.`,
		Example: `  grader migrate --from ~/6.5840
  grader migrate --from ~/6.824-2021 --out ~/raftlab-fresh
  cd raft && go test -run 2A`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if from == "" {
				return fmt.Errorf("--from is missing: give the folder of the old labs, which holds src/")
			}
			r, err := migrate.Plan(cmd.Context(), from, out)
			if err != nil {
				return err
			}
			if err := r.Install(); err != nil {
				return fmt.Errorf("cannot write to %s, and nothing was changed: %w", out, err)
			}
			return printMigration(r, out)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "folder of the old labs, which holds src/raft (2025: src/raft1)")
	cmd.Flags().StringVar(&out, "out", ".", "lab tree to fill")
	return cmd
}

// printMigration prints a summary, and returns errFailed if something remains to be
// done.
func printMigration(r *migrate.Result, out string) error {
	fmt.Println("migrated:")
	for _, name := range r.Names() {
		from := r.Origin[name]
		if from == "" {
			from = "(generated)"
		}
		fmt.Printf("  %-28s %-28s %5d lines\n", name, from, bytes.Count(r.Files[name], []byte("\n")))
	}
	if len(r.Skipped) > 0 {
		fmt.Println("left out:")
	}
	for _, l := range r.Skipped {
		fmt.Printf("  %s: %s\n", l.File, l.Why)
	}
	if len(r.Changes) > 0 {
		fmt.Println("changes:")
	}
	for _, c := range r.Changes {
		fmt.Printf("  %s\n", c)
	}
	if len(r.Notes) > 0 {
		fmt.Println("notes:")
	}
	for _, n := range r.Notes {
		fmt.Printf("  %v\n", n)
	}
	if len(r.ByHand) == 0 {
		fmt.Printf("\nThe program compiles and keeps the rules for submissions. Next, in %s:\n  go run ./grader run --part 2A --runs 20 .\n", out)
		return nil
	}
	fmt.Printf("\nto do by hand (%s):\n", terminal.Count(len(r.ByHand), "item"))
	for _, n := range r.ByHand {
		fmt.Printf("  %v\n", n)
	}
	fmt.Printf("Then, in %s:\n  go vet ./raft\n  go run ./grader run --part 2A --runs 20 .\n", out)
	return errFailed
}
