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
		Short:   "Render the handouts to a site, or update their generated parts",
		Long: `Render the handouts to a site that needs no network and no server. The site has a search,
the pictures, and the traces of the runs that the pictures show, for which the command
runs the reference. A broken link is an error.

--update writes the generated parts of the pages: the tables of cases with their points,
the figures of the contract, and the table of the bank. --pictures draws the pictures,
each a span of a run of the reference. --expected runs the reference and records the
output that the pages quote.`,
		Example: "  grader handouts --update\n  grader handouts --out results/handouts",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" && !update && !draw && !record {
				return fmt.Errorf("nothing to do: give --out DIR to render the pages, --update to write their generated parts, --pictures to draw their pictures, or --expected to record the output that they quote")
			}
			if draw {
				if err := handouts.Draw(cmd.Context(), "."); err != nil {
					return err
				}
				fmt.Printf("%d pictures drawn; now run: grader handouts --update\n", len(handouts.Pictures()))
			}
			if record {
				if err := handouts.Record(cmd.Context(), "."); err != nil {
					return err
				}
				fmt.Println("recorded the output of the reference; now run: grader handouts --update")
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
	cmd.Flags().StringVar(&out, "out", "", "folder for the site")
	cmd.Flags().BoolVar(&update, "update", false, "write the generated parts of the pages")
	cmd.Flags().BoolVar(&draw, "pictures", false, "draw the pictures, from runs of the reference")
	cmd.Flags().BoolVar(&record, "expected", false, "record the output of the reference, for the next --update")
	return cmd
}
