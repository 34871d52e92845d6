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
		Short:   "Make the students' tree, and check it",
		Long: `Make the students' tree: this tree without the solutions, the files for staff, and the
held-back cases. It includes the libraries, so it works without a network, and
a site of the handouts.

The command checks that the tree builds and vets on Linux, macOS and Windows, that every
case fails and says what to write, that the tree holds no 30 consecutive tokens of the
solutions that the skeletons do not have, and that no link is broken. If a check fails,
it makes nothing.`,
		Example: `  grader release --out ../raftlab-2027
  grader release --out raftlab.zip --hold Chaos2D,KeptTail2B
  grader release --out raftlab.zip --config course.toml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if r.Out == "" {
				return fmt.Errorf("--out is missing: give --out DIR, or --out FILE.zip")
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
	cmd.Flags().StringVar(&r.Out, "out", "", "directory to create, or a .zip file")
	cmd.Flags().StringSliceVar(&r.Hold, "hold", nil, "names of cases to hold back")
	cmd.Flags().StringVar(&config, "config", "", "a course.toml whose held_back cases are held back too")
	return cmd
}
