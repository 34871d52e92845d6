//go:build !student

package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/base/ranged"
	"raftlab/grader/internal/deliver/bundle"
	"raftlab/grader/internal/grading/course"
)

func bundleCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "bundle", Aliases: []string{"package"}, Short: "Build an autograder for another system"}
	cmd.AddCommand(bundleGradescopeCommand())
	return cmd
}

func bundleGradescopeCommand() *cobra.Command {
	g := bundle.Gradescope{Profile: bundle.DefaultProfile()}
	var out, config, from string
	cmd := &cobra.Command{
		Use:   "gradescope [flags]",
		Short: "Build the zip that Gradescope makes an autograder from",
		Long: `Build the zip that Gradescope makes an autograder from. Upload it there unchanged.

Programs can read everything on the machine that runs them. So the zip holds the lab
as students have it, a grader without the reference, and a secret of its own for the
seeds. It holds no solution, no broken copy, no held-back case, and not the secret of
your course. Its short profile fits Gradescope's default limits (10 minutes, 768 MB,
half a processor) and shows students where they stand. For the grades, use grader
class.

If course.toml holds cases back, give the students' tree with --release.`,
		Example: `  grader bundle gradescope --config course.toml --out autograder.zip
  grader bundle gradescope --config course.toml --go download --go-sha256 SUM --out autograder.zip
  grader bundle gradescope --config course.toml --release ../raftlab-2027 --out autograder.zip`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if g.Course, err = loadCourse(config); err != nil {
				return err
			}
			g.Go = bundle.GoFrom(from)
			g.Logf = func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
			began := time.Now()
			if err := g.Make(cmd.Context(), out); err != nil {
				return err
			}
			info, err := os.Stat(out)
			if err != nil {
				return err
			}
			fmt.Printf("%s: %.1f MB, in %.0f s\n", out, float64(info.Size())/1e6, time.Since(began).Seconds())
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "autograder.zip", "file to write")
	f.StringVar(&config, "config", "course.toml", "the course: its parts, runs and points")
	f.StringVar(&g.Root, "lab", ".", "root of the lab's tree")
	f.StringVar(&g.Release, "release", "", "the students' tree, needed if cases are held back")
	f.StringVar(&from, "go", string(bundle.Ship), "where Go comes from: ship (in the zip), download (when the image is built), or image")
	f.StringVar(&g.GoSum, "go-sha256", "", "SHA-256 of the Go archive to download")
	f.Var(ranged.Int(&g.Profile.Virtual, 1, course.MostRuns), "runs", "runs of each part on the virtual clock")
	f.Var(ranged.Int(&g.Profile.Race, 0, course.MostRuns), "race-runs", "runs with the race detector")
	f.Var(ranged.Int(&g.Profile.Exact, 0, course.MostRuns), "exact-runs", "runs on the exact clock, which take ten times as long with the wasm engine")
	f.Var(ranged.Duration(&g.Profile.Time, 10*time.Second, 24*time.Hour), "time", "time limit; runs not done by then count as failed")
	return cmd
}
