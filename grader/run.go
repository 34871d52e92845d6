package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/campaign"
	"raftlab/grader/internal/report"
	"raftlab/tests/clock"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

// realProcs is how many processes run at once for each processor on the real
// clock, where they mostly sleep.
const realProcs = 4

func runCommand() *cobra.Command {
	var (
		parts, clockName, pattern, out string
		runs, procs                    int
		seed                           uint64
		race                           bool
	)
	cmd := &cobra.Command{
		Use:   "run [flags] DIR",
		Short: "Run parts many times, each run with a seed of its own",
		Long: `Run parts of the lab many times and print a table of what passed.

DIR holds raft/: "." is the tree you work in, "./solutions" the reference. The
program is built once; each run of a part is a process of its own, with its own
seed, several at a time. What dies is charged to the case that was running, and
the cases after it run in a fresh process.`,
		Example: `  grader run --part 2A --runs 20 .
  grader run --part 2A,2B,2C,2D --runs 100 --race .
  grader run --part 2C --run Figure8 --runs 500 --seed 1 .`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("give one directory, the one that holds raft/: \".\" for the tree you work in")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, err := clock.Parse(clockName)
			if err != nil {
				return fmt.Errorf("--clock: %w", err)
			}
			if runs < 1 {
				return fmt.Errorf("--runs %d: give at least 1", runs)
			}
			if cmd.Flags().Changed("procs") && procs < 1 {
				return fmt.Errorf("--procs %d: give at least 1", procs)
			}
			if procs == 0 {
				procs = runtime.NumCPU()
				if kind == clock.Real {
					procs *= realProcs
				}
			}
			if !cmd.Flags().Changed("seed") {
				seed = 1 + rand.Uint64N(999_999)
			}
			due, err := choose(parts, pattern)
			if err != nil {
				return err
			}
			c := campaign.Campaign{
				Dir: args[0], Cases: due, Runs: runs, Procs: procs, FirstSeed: seed, Clock: kind, Logs: out,
			}
			if race {
				c.Mode = campaign.Race
			}
			return runCampaign(cmd, c)
		},
	}
	f := cmd.Flags()
	f.StringVar(&parts, "part", "", "parts to run, such as 2A or 2A,2B (default: all)")
	f.IntVar(&runs, "runs", 20, "runs of each part")
	f.BoolVar(&race, "race", false, "build with the race detector; a race fails the case")
	f.IntVar(&procs, "procs", 0, "processes at a time (default: one a processor, on the real clock 4)")
	f.Uint64Var(&seed, "seed", 0, "seed of the first run, the others count up (default: another one each time)")
	f.StringVar(&clockName, "clock", "virtual", "virtual, or real")
	f.StringVar(&pattern, "run", "", "only the cases whose test name matches this regular expression")
	f.StringVar(&out, "out", filepath.Join("results", time.Now().Format("2006-01-02-150405")), "where logs of failed runs are kept; made only if there are any")
	return cmd
}

// choose returns the cases of the parts, in order, that match a pattern.
func choose(parts, pattern string) ([]suite.Case, error) {
	match, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("--run: %w", err)
	}
	var all []suite.Case
	var known []string
	for _, c := range rafttest.Cases() {
		all = append(all, c.Case)
		if !slices.Contains(known, c.Part) {
			known = append(known, c.Part)
		}
	}
	wanted := known
	if parts != "" {
		wanted = strings.Split(parts, ",")
	}
	for _, p := range wanted {
		if !slices.Contains(known, p) {
			return nil, fmt.Errorf("--part: there is no part %q; the parts are %s", p, strings.Join(known, ", "))
		}
	}
	due := slices.DeleteFunc(all, func(c suite.Case) bool {
		return !slices.Contains(wanted, c.Part) || !match.MatchString(c.TestName())
	})
	if len(due) == 0 {
		return nil, fmt.Errorf("--run %q matches no case of %s; test names look like %s", pattern, strings.Join(wanted, ", "), rafttest.Cases()[0].TestName())
	}
	return due, nil
}

// runCampaign builds, runs, and prints what came of it.
func runCampaign(cmd *cobra.Command, c campaign.Campaign) error {
	if err := c.Check(); err != nil {
		return err
	}
	fmt.Printf("building %s\n", filepath.Join(c.Dir, "raft"))
	binary, err := c.Build(cmd.Context())
	if err != nil {
		return err
	}
	defer binary.Remove()

	fmt.Printf("%s, seeds %d to %d, %s clock%s, %d at a time\n",
		report.Count(c.Processes(), "run"), c.FirstSeed, c.FirstSeed+uint64(c.Runs)-1, c.Clock, c.Mode.Suffix(), c.Procs)
	progress := report.NewProgress(os.Stdout, c.Processes())
	tally := report.NewTally(c)
	for batch := range c.Run(cmd.Context(), binary) {
		tally.Add(batch)
		progress.Done(batch.Failures())
	}
	progress.End()
	fmt.Print(tally.String())
	if cmd.Context().Err() != nil {
		fmt.Println("Interrupted: the table holds what was done by then.")
	}
	if !tally.AllPassed() {
		return errFailed
	}
	return nil
}
