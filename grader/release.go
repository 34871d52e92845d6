//go:build !student

package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/deliver/release"
)

func releaseCommand() *cobra.Command {
	var r release.Release
	var config string
	cmd := &cobra.Command{
		Use:     "release [flags] --out DIR|FILE.zip",
		Aliases: []string{"handout"},
		Short:   "Make the tree that students are given, and prove that it is what it should be",
		Long: `Make the tree that students are given: this one without the solutions, what only
staff need, and the cases that are held back. The libraries are in it, so that it
works without a network, and its handouts are rendered as a site.

It is proved to build and vet on Linux, macOS and Windows, to fail in every case
with a word on what to write, to hold no row of 30 tokens of the solutions that
the skeletons do not have, and to have no link that leads nowhere. If any of this
does not hold, nothing is made.`,
		Example: `  grader release --out ../raftlab-2027
  grader release --out raftlab.zip --hold Chaos2D,KeptTail2B
  grader release --out raftlab.zip --config course.toml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if r.Out == "" {
				return fmt.Errorf("say where to: --out DIR, or --out FILE.zip")
			}
			began := time.Now()
			if config != "" {
				c, err := loadCourse(config)
				if err != nil {
					return err
				}
				r.Hold = append(r.Hold, c.Held()...)
			}
			r.Root = "."
			r.Say = func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
			made, err := r.Make(cmd.Context())
			if err != nil {
				return err
			}
			fmt.Printf("%s: %d files, %.1f MB, in %.0f s\n", r.Out, made.Files, float64(made.Bytes)/1e6, time.Since(began).Seconds())
			return nil
		},
	}
	cmd.Flags().StringVar(&r.Out, "out", "", "directory to make, or a .zip file")
	cmd.Flags().StringSliceVar(&r.Hold, "hold", nil, "cases to hold back, by their names")
	cmd.Flags().StringVar(&config, "config", "", "a course.toml: what it says is held_back is held back too")
	return cmd
}
