//go:build !student

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/deliver/handouts"
)

func handoutsCommand() *cobra.Command {
	var out string
	var update, draw, record bool
	cmd := &cobra.Command{
		Use:     "handouts [flags] --out DIR | --update",
		Aliases: []string{"book"},
		Short:   "Render the handouts to a site, or write the parts of them that are generated",
		Long: `Render the pages of handouts to a site that needs no network and no server: with a
search, with their pictures, and with the traces of the runs that the pictures show, for
which the reference is run. Links that lead nowhere are an error. With --update, write anew
the parts of the pages that are generated: the tables of cases, with their points,
the figures of the contract, and the table of the bank; with --pictures, draw anew the
pictures, each a stretch of a run of the reference; with --expected, run the reference
for the output that the pages show.`,
		Example: "  grader handouts --update\n  grader handouts --out results/handouts",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" && !update && !draw && !record {
				return fmt.Errorf("say what to do: --out DIR to render the pages, --update to write their generated parts, --pictures to draw their pictures, or --expected to run what they show")
			}
			if draw {
				if err := handouts.Draw(cmd.Context(), "."); err != nil {
					return err
				}
				fmt.Printf("%d pictures drawn; now give: handouts --update\n", len(handouts.Pictures()))
			}
			if record {
				if err := handouts.Record(cmd.Context(), "."); err != nil {
					return err
				}
				fmt.Println("recorded what the reference prints; now give: handouts --update")
			}
			if update {
				changed, err := handouts.Update(handouts.Source{Root: "."})
				if err != nil {
					return err
				}
				fmt.Printf("%d pages changed\n", len(changed))
				for _, p := range changed {
					fmt.Println("  handouts/" + p)
				}
			}
			if out == "" {
				return nil
			}
			n, err := handouts.Site{Root: ".", Out: out}.Render(cmd.Context())
			if err != nil {
				return err
			}
			fmt.Printf("%s/index.html and %d more pages\n", out, n-1)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "directory for the site")
	cmd.Flags().BoolVar(&update, "update", false, "write the generated parts of the pages")
	cmd.Flags().BoolVar(&draw, "pictures", false, "draw the pictures anew, from runs of the reference")
	cmd.Flags().BoolVar(&record, "expected", false, "record anew what the reference prints, for the next --update")
	return cmd
}
