//go:build !student

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/base/ranged"
	"raftlab/grader/internal/cluster/plan"
	"raftlab/grader/internal/grading/class"
	"raftlab/grader/internal/publish/terminal"
)

// planOptions holds the flags of grader plan.
type planOptions struct {
	classOptions
	engine   string
	settings plan.Settings
	costs    string
	estimate bool
	students []int
	cores    []int
}

func planCommand() *cobra.Command {
	o := planOptions{students: []int{30, 300, 10000}, cores: []int{2, 16, 64, 512}, settings: plan.Settings{Per: 1, MemoryMB: 6144, MaxArray: 1001}}
	cmd := &cobra.Command{
		Use:   "plan [flags] SUBMISSIONS",
		Short: "Divide the grading of a class into units for a cluster",
		Long: `Divide the grading of a class into units, each one part of one submission with all
its runs. Then grader shard grades them on any number of machines, and grader merge
merges the results. The plan is a folder with everything that a shard needs in addition
to the lab: the course, its secret, and the submissions. Anyone who can read it can
compute the seeds.

With --engine, the plan also holds scripts for that engine. With --estimate, the command
prints how long grading takes and writes nothing; SUBMISSIONS can be left out.

The costs of a unit come from running the reference once in each mode, or from the
results of a class (--costs).`,
		Example: `  grader plan --config course.toml --roster roster.csv --out plan handed-in
  grader plan --config course.toml --engine slurm --results /shared/lab2 --out /shared/plan handed-in
  grader plan --config course.toml --estimate --students 30,300,10000 --cores 2,64,512`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.estimate {
				return o.printEstimate(cmd, args)
			}
			if len(args) != 1 || o.out == "" {
				return fmt.Errorf("give --out and the folder of submissions, or --estimate")
			}
			return o.write(cmd, args[0])
		},
	}
	f := cmd.Flags()
	o.flags(cmd)
	s := &o.settings
	f.StringVar(&o.out, "out", "", "folder for the plan; it must not exist yet")
	f.StringSliceVar(&o.only, "only", nil, "plan only the submissions with these ids")
	f.StringVar(&o.costs, "costs", "", "results folder from which to read the costs of runs")
	f.BoolVar(&o.estimate, "estimate", false, "print how long grading will take, and write nothing")
	f.Var(ranged.Ints(&o.students, 1, ranged.Most), "students", "with --estimate: numbers of submissions")
	f.Var(ranged.Ints(&o.cores, 1, ranged.Most), "cores", "with --estimate: numbers of processors")
	f.StringVar(&o.engine, "engine", "", "slurm or kubernetes: write scripts for it into the plan")
	f.StringVar(&s.Results, "results", "", "with --engine slurm: folder for the results, on a disk that all nodes share (default: results, beside the plan)")
	f.StringVar(&s.Grader, "grader", "", "with --engine slurm: path of the grader on the nodes (default: this program)")
	f.Var(ranged.Int(&s.Per, 1, ranged.Most), "per", "with --engine: units in a task, one after the other")
	f.Var(ranged.Int(&s.AtOnce, 1, ranged.Most), "at-once", "with --engine: concurrent tasks (default: on Slurm no limit for each array, on Kubernetes 100)")
	f.Var(ranged.Int(&s.MemoryMB, 1, 1<<20), "memory-mb", "with --engine: memory of a task")
	f.Var(ranged.Duration(&s.Time, time.Minute, 10_000*time.Hour), "time", "with --engine: time limit of a task (default: four times the expected time, and at least 20m)")
	f.Var(ranged.Int(&s.MaxArray, 2, ranged.Most), "max-array", "with --engine slurm: MaxArraySize of the cluster")
	f.StringArrayVar(&s.Options, "sbatch", nil, "with --engine slurm: an option for sbatch, such as --partition=long; may be repeated")
	f.StringVar(&s.Image, "image", "raftlab-grader:latest", "with --engine kubernetes: image of the grader (see grader/internal/cluster/plan/image/Containerfile)")
	f.StringVar(&s.Claim, "volume", "20Gi", "with --engine kubernetes: size of the volume")
	return cmd
}

// measureCosts returns the costs of runs.
func (o *planOptions) measureCosts(cmd *cobra.Command, c *class.Grader) (class.Costs, error) {
	if o.costs != "" {
		return plan.RecordedCosts(c.Course, o.costs)
	}
	fmt.Println("running the reference once in each part and mode, to measure costs")
	return c.Calibrate(cmd.Context())
}

// printEstimate prints the estimate.
func (o *planOptions) printEstimate(cmd *cobra.Command, args []string) error {
	folder := ""
	if len(args) > 0 {
		folder = args[0]
	}
	c, err := o.class(cmd.Context(), folder)
	if err != nil {
		return err
	}
	costs, err := o.measureCosts(cmd, c)
	if err != nil {
		return err
	}
	if n := len(c.Submissions); n > 0 && !slices.Contains(o.students, n) {
		o.students = append(o.students, n)
		slices.Sort(o.students)
	}
	fmt.Print(plan.Table(c.Course, costs, o.students, o.cores))
	return nil
}

// write writes the plan.
func (o *planOptions) write(cmd *cobra.Command, folder string) error {
	place, err := o.places()
	if err != nil {
		return err
	}
	c, err := o.class(cmd.Context(), folder)
	if err != nil {
		return err
	}
	costs, err := o.measureCosts(cmd, c)
	if err != nil {
		return err
	}
	if err := c.ChooseEngine(cmd.Context(), nil); err != nil {
		return err
	}
	p, err := plan.New(c, costs)
	if err != nil {
		return err
	}
	o.settings.Lab = c.Tree
	err = p.Write(c, o.config, o.out, func(dir string) error {
		return p.Engine(plan.Engine(o.engine), o.settings, dir, place)
	})
	if err != nil {
		return err
	}
	e := plan.EstimatePlan(p, 1)
	fmt.Printf("plan: %s (%s, %s; about %v of processor time; course.toml %s, lab %s, %s)\n", o.out,
		terminal.Count(e.Submissions, "submission"), terminal.Count(e.Units, "unit"), e.Machine.Round(time.Second), p.Config, p.Lab, p.Go)
	switch plan.Engine(o.engine) {
	case plan.Slurm:
		fmt.Printf("submit it with: %s\n", filepath.Join(place, "slurm", "submit.sh"))
	case plan.Kubernetes:
		fmt.Printf("read and run: %s\n", filepath.Join(place, "kubernetes", "run.sh"))
	default:
		fmt.Printf("grade it with: grader shard --plan %s --index 0-%d --out RESULTS, or with parts of that range; then: grader merge RESULTS --out FINAL\n", o.out, e.Units-1)
	}
	return nil
}

// places fills in absolute paths, as other machines see them, and returns that of the plan.
func (o *planOptions) places() (place string, err error) {
	s := &o.settings
	switch plan.Engine(o.engine) {
	case plan.None, plan.Slurm, plan.Kubernetes:
	default:
		return "", fmt.Errorf("unknown --engine %q; expected %s or %s", o.engine, plan.Slurm, plan.Kubernetes)
	}
	if place, err = filepath.Abs(o.out); err != nil {
		return "", err
	}
	if s.Results == "" {
		s.Results = filepath.Join(filepath.Dir(place), "results")
	}
	if s.Results, err = filepath.Abs(s.Results); err != nil {
		return "", err
	}
	if s.Grader == "" {
		s.Grader, err = os.Executable()
	}
	return place, err
}
