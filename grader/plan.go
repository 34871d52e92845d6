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

// planOptions is what the flags of grader plan ask for.
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
		Long: `Divide the grading of a class into units, each one part of one submission with
all its runs, for grader shard to grade on any number of machines and grader merge
to put together. The plan is a folder with all that a shard needs beside the lab:
the course, its secret, and what was handed in. Whoever reads it knows the seeds.

With --engine it holds what that engine needs too. With --estimate nothing is
written: what a class takes is printed, and SUBMISSIONS can be left out.

What a unit takes is found out by running the reference once in each mode, or from
the results of a class (--costs).`,
		Example: `  grader plan --config course.toml --roster roster.csv --out plan handed-in
  grader plan --config course.toml --engine slurm --results /shared/lab2 --out /shared/plan handed-in
  grader plan --config course.toml --estimate --students 30,300,10000 --cores 2,64,512`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.estimate {
				return o.printEstimate(cmd, args)
			}
			if len(args) != 1 || o.out == "" {
				return fmt.Errorf("give --out and the folder of what was handed in, or --estimate")
			}
			return o.write(cmd, args[0])
		},
	}
	f := cmd.Flags()
	o.flags(cmd)
	s := &o.settings
	f.StringVar(&o.out, "out", "", "folder of the plan: a new one")
	f.StringSliceVar(&o.only, "only", nil, "only the submissions of these ids")
	f.StringVar(&o.costs, "costs", "", "results folder to take the costs of runs from")
	f.BoolVar(&o.estimate, "estimate", false, "say how long it will take, and write nothing")
	f.Var(ranged.Ints(&o.students, 1, ranged.Most), "students", "with --estimate: sizes of the class")
	f.Var(ranged.Ints(&o.cores, 1, ranged.Most), "cores", "with --estimate: processors")
	f.StringVar(&o.engine, "engine", "", "slurm, or kubernetes: write what it needs into the plan")
	f.StringVar(&s.Results, "results", "", "with --engine slurm: folder of the results, on a disk that all nodes share (default: results, beside the plan)")
	f.StringVar(&s.Grader, "grader", "", "with --engine slurm: the grader's program, where the nodes have it (default: this one)")
	f.Var(ranged.Int(&s.Per, 1, ranged.Most), "per", "with --engine: units of a task, one after the other")
	f.Var(ranged.Int(&s.AtOnce, 1, ranged.Most), "at-once", "with --engine: tasks at a time (default: on Slurm what it gives, in each array; on Kubernetes 100)")
	f.Var(ranged.Int(&s.MemoryMB, 1, 1<<20), "memory-mb", "with --engine: memory of a task")
	f.Var(ranged.Duration(&s.Time, time.Minute, 10_000*time.Hour), "time", "with --engine: time of a task (default: four times what is expected, and at least 20m)")
	f.Var(ranged.Int(&s.MaxArray, 2, ranged.Most), "max-array", "with --engine slurm: its MaxArraySize")
	f.StringArrayVar(&s.Options, "sbatch", nil, "with --engine slurm: an option for sbatch, such as --partition=long; can be repeated")
	f.StringVar(&s.Image, "image", "raftlab-grader:latest", "with --engine kubernetes: image of the grader (see grader/internal/cluster/plan/image/Containerfile)")
	f.StringVar(&s.Claim, "volume", "20Gi", "with --engine kubernetes: size of the volume")
	return cmd
}

// measureCosts returns what runs cost.
func (o *planOptions) measureCosts(cmd *cobra.Command, c *class.Grader) (class.Costs, error) {
	if o.costs != "" {
		return plan.RecordedCosts(c.Course, o.costs)
	}
	fmt.Println("running the reference once in each part and mode, to see what that takes")
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

// write makes the plan.
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
	fmt.Printf("plan: %s (%s, %s; some %v of one processor; course.toml %s, lab %s, %s)\n", o.out,
		terminal.Count(e.Submissions, "submission"), terminal.Count(e.Units, "unit"), e.Machine.Round(time.Second), p.Config, p.Lab, p.Go)
	switch plan.Engine(o.engine) {
	case plan.Slurm:
		fmt.Printf("submit it: %s\n", filepath.Join(place, "slurm", "submit.sh"))
	case plan.Kubernetes:
		fmt.Printf("read, and run: %s\n", filepath.Join(place, "kubernetes", "run.sh"))
	default:
		fmt.Printf("grade it: grader shard --plan %s --index 0-%d --out RESULTS, or in pieces; then grader merge RESULTS --out FINAL\n", o.out, e.Units-1)
	}
	return nil
}

// places fills in where things are, as other machines name them, and returns the
// plan's.
func (o *planOptions) places() (place string, err error) {
	s := &o.settings
	switch plan.Engine(o.engine) {
	case plan.None, plan.Slurm, plan.Kubernetes:
	default:
		return "", fmt.Errorf("--engine %s: say %s or %s", o.engine, plan.Slurm, plan.Kubernetes)
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
