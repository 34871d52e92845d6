package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"raftlab/grader/internal/base/ranged"
	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/execute/exact"
	"raftlab/grader/internal/publish/terminal"
	"raftlab/internal/leftover"
	"raftlab/internal/racebuild"
	"raftlab/tests/clock"
	"raftlab/tests/fault"
	"raftlab/tests/kvtest"
	"raftlab/tests/rafttest"
)

// realProcs is the number of concurrent processes for each processor on the real clock,
// where cases mostly sleep.
const realProcs = 4

// runOptions holds the flags of the commands that run a tree.
type runOptions struct {
	timing
	parts, pattern, out string
	raft, faults        string
	procs, keep         int
	seed                uint64
	race, strict        bool
}

// flags registers the flags that commands share.
func (o *runOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.parts, "part", "", "parts to run, such as 2A or 2A,2B (default: those of Raft; with --run, all)")
	f.StringVar(&o.pattern, "run", "", "run only cases whose test name matches this regular expression")
	f.BoolVar(&o.race, "race", false, "build with the race detector; a race fails the case")
	f.BoolVar(&o.strict, "strict", false, "turn warnings into failures, and fail on a stall of virtual time without a rerun")
	f.Var(ranged.Int(&o.procs, 1, 4096), "procs", "concurrent processes (default: one for each processor, on the real clock four)")
	o.timing.flags(f)
	f.StringVar(&o.faults, "faults", "", "fault schedule that chaos cases run instead of a generated one")
	f.StringVar(&o.raft, "raft", "own", "Raft below 3A and 3B: own, or reference (from ./solutions)")
	f.StringVar(&o.out, "out", newLogs(), "folder for logs of failed runs; created only if a run fails")
	o.keep = leftover.DefaultMegabytes
	f.Var(ranged.Int(&o.keep, 0, ranged.Most), keepFlag, "megabytes of logs to keep, a few for each case and kind of failure; older ones in results/ are deleted; 0 keeps all")
}

// campaign returns the campaign to run, without its seeds.
func (o *runOptions) campaign(cmd *cobra.Command, dir string) (c campaign.Campaign, err error) {
	c.Dir, c.Logs, c.Strict = dir, o.out, o.strict
	self, err := os.Executable()
	if err != nil {
		return c, err
	}
	c.Worker = []string{self, workName}
	if o.race {
		c.Mode = campaign.Race
	}
	if c.Clock, c.Deliver, err = o.timing.parse(); err != nil {
		return c, err
	}
	c.Choose = o.timing.engineLater(dir)
	if o.faults != "" {
		script, err := os.ReadFile(o.faults)
		if err != nil {
			return c, fmt.Errorf("--faults: %w", err)
		}
		if _, err := fault.Parse(string(script)); err != nil {
			return c, fmt.Errorf("--faults %s: %w", o.faults, err)
		}
		c.Faults, c.Script = string(script), o.faults
	}
	if c.Procs = o.procs; c.Procs == 0 {
		c.Procs = runtime.NumCPU()
		if c.Clock == clock.Real {
			c.Procs *= realProcs
		}
	}
	if c.Cases, err = choose(o.parts, o.pattern); err != nil {
		return c, err
	}
	switch o.raft {
	case "own":
	case "reference":
		if _, err := os.Stat(referenceRaft); err != nil {
			return c, fmt.Errorf("--raft reference: the reference is not in this tree (%w). Run the command in the instructors' tree, with the student's directory as DIR", err)
		}
		if c.Cases = slices.DeleteFunc(c.Cases, func(k campaign.Case) bool { return k.Package == "raft" }); len(c.Cases) == 0 {
			return c, fmt.Errorf("--raft reference is for parts 3A and 3B")
		}
		if o.parts != "" && strings.Contains(o.parts, "2") {
			fmt.Println("Parts of Lab 2 are left out: --raft reference is for 3A and 3B.")
		}
		if c.Replace, err = campaign.OverlayRaft(referenceRaft, dir); err != nil {
			return c, err
		}
		fmt.Printf("on the Raft in %s\n", referenceRaft)
	default:
		return c, fmt.Errorf("unknown --raft %q; expected own or reference", o.raft)
	}
	if err := c.Check(); err != nil {
		return c, err
	}
	if o.race {
		if err := racebuild.Check(cmd.Context(), nil); err != nil {
			return c, fmt.Errorf("--race: %w", err)
		}
	}
	err = o.onClock(cmd.Context(), &c)
	return c, err
}

// onClock chooses the clock of a campaign and its engine, and leaves out cases that do not
// run on it.
func (o *runOptions) onClock(ctx context.Context, c *campaign.Campaign) (err error) {
	if c.Clock, c.Engine, err = o.timing.choose(ctx, c.Dir, c.Clock, c.Mode); err != nil {
		return err
	}
	if o.race && c.Clock == clock.Exact && c.Engine != exact.Native {
		return fmt.Errorf("--race, --clock %s: the %s engine has no race detector; leave out --race, or --clock", o.clock, c.Engine)
	}
	var left []string
	c.Cases = slices.DeleteFunc(c.Cases, func(k campaign.Case) bool {
		if k.RunsOn(c.Clock) {
			return false
		}
		left = append(left, k.Name)
		return true
	})
	if len(c.Cases) == 0 {
		return fmt.Errorf("--clock %s: none of these cases runs on it", c.Clock)
	}
	if len(left) > 0 {
		fmt.Printf("left out, because they cannot run on the %s clock: %s (try --clock exact)\n", c.Clock, strings.Join(left, ", "))
	}
	return nil
}

// oneDirectory checks the arguments of a command that runs a tree.
func oneDirectory(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("give one directory, the one that holds raft/; \".\" is the tree you work in")
	}
	return nil
}

// maxTogether bounds how many runs a process does, and minTurns is how many
// processes there are at least for each that runs at a time, so that none is
// left with the last of the work.
const (
	maxSeedsPerProcess    = 16
	minProcessesPerWorker = 4
)

// seedsPerProcess is how many runs of a part a process does. Each has its own under the
// race detector, which a race ends, on the real clock, and as WebAssembly.
func seedsPerProcess(c campaign.Campaign) int {
	if c.Mode == campaign.Race || c.Clock == clock.Real || c.Clock == clock.Exact && c.Engine.Hosted() {
		return 1
	}
	return max(1, min(maxSeedsPerProcess, c.Processes()/(minProcessesPerWorker*c.Procs)))
}

func runCommand() *cobra.Command {
	o := runOptions{timing: timing{clock: autoClock}}
	runs := 20
	cmd := &cobra.Command{
		Use:   "run [flags] DIR",
		Short: "Run parts many times, each run with its own seed",
		Long: fmt.Sprintf(`Run parts of the lab many times and print a table of what passed.

DIR holds raft/: "." is the tree you work in, "./solutions" the reference. The
program is built once; each run of a part has its own seed. Several processes run
concurrently, each up to %d runs of a part, one after the other. A run that fails
there is repeated in a process of its own, whose result counts. If a process dies,
the case that was running fails, and the cases after it run in a new process.`, maxSeedsPerProcess),
		Example: `  grader run --part 2A --runs 20 .
  grader run --part 2A,2B,2C,2D --runs 100 --race .
  grader run --part 2C --run Figure8 --runs 500 --seed 1 .`,
		Args: oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.campaign(cmd, args[0])
			if err != nil {
				return err
			}
			first := o.firstSeed(cmd)
			for k := range runs {
				c.Seeds = append(c.Seeds, first+uint64(k))
			}
			c.SeedsPerProcess = seedsPerProcess(c)
			tally := terminal.NewTally(c)
			if err := runCampaign(cmd, c, o.logRetention(cmd), tally.Add); err != nil {
				return err
			}
			tally.Draw(draw)
			fmt.Print(tally.String())
			if cmd.Context().Err() != nil {
				fmt.Println("Interrupted: the table holds the runs done so far.")
			}
			switch {
			case cmd.Context().Err() != nil && !tally.AnyFailed():
				return errInterrupted
			case !tally.AllPassed():
				return errFailed
			}
			return nil
		},
	}
	o.flags(cmd.Flags())
	cmd.Flags().Var(ranged.Int(&runs, 1, ranged.Most), "runs", "runs of each part")
	o.firstSeedFlag(cmd.Flags())
	return cmd
}

// firstSeedFlag registers the flag of [runOptions.firstSeed].
func (o *runOptions) firstSeedFlag(f *pflag.FlagSet) {
	f.Var((*seed)(&o.seed), "seed", "seed of the first run; later runs count up (default: random)")
}

// firstSeed returns the seed of the first run.
func (o *runOptions) firstSeed(cmd *cobra.Command) uint64 {
	if cmd.Flags().Changed("seed") {
		return o.seed
	}
	return 1 + rand.Uint64N(999_999)
}

func replayCommand() *cobra.Command {
	var o runOptions
	times, seeds := 20, 1
	cmd := &cobra.Command{
		Use:   "replay [flags] --seed S DIR",
		Short: "Repeat one seed, and check whether the run was the same each time",
		Long: `Repeat the run of one seed and compare, case by case: the hash of all messages,
saves and applied entries with their times, and the verdict. If two runs differ,
the command prints the first event at which they differ.

On the virtual clock a run is reproduced if it does not depend on the order of
goroutines within one instant. On the exact clock a run is always reproduced, to the
byte of what the program prints, even after you add prints.`,
		Example: `  grader replay --run 'TestFigure82C$' --seed 8213 --times 20 .
  grader replay --clock exact --run 'TestFigure82C$' --seed 8213 --times 2 .`,
		Args: oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error {
			if times*seeds > ranged.Most {
				return fmt.Errorf("--times %d, --seeds %d: expected at most %d runs together", times, seeds, ranged.Most)
			}
			if !cmd.Flags().Changed("seed") {
				return fmt.Errorf("--seed is missing: give the seed that the failure printed")
			}
			c, err := o.campaign(cmd, args[0])
			if err != nil {
				return err
			}
			for k := range seeds {
				c.Seeds = append(c.Seeds, slices.Repeat([]uint64{o.seed + uint64(k)}, times)...)
			}
			c.KeepTraces = seeds == 1 // to show where two runs differ
			repeats := terminal.NewRepeats(c)
			if err := runCampaign(cmd, c, o.logRetention(cmd), repeats.Add); err != nil {
				return err
			}
			fmt.Print(repeats.String())
			if !repeats.AllPassed() {
				return errFailed
			}
			return nil
		},
	}
	o.flags(cmd.Flags())
	cmd.Flags().Var(ranged.Int(&times, 1, ranged.Most), "times", "how often to repeat it")
	cmd.Flags().Var(ranged.Int(&seeds, 1, ranged.Most), "seeds", "repeat this many seeds, counting up, and report for how many all runs were the same")
	cmd.Flags().Var((*seed)(&o.seed), "seed", "the seed to repeat")
	return cmd
}

// referenceRaft is the directory of the reference's package raft, relative to the root of
// the tree.
const referenceRaft = "solutions/raft"

// allCases returns all cases in order.
func allCases() (all []campaign.Case) {
	for _, c := range rafttest.Cases() {
		all = append(all, campaign.Case{Case: c.Case, Package: "raft"})
	}
	for _, c := range kvtest.Cases() {
		all = append(all, campaign.Case{Case: c.Case, Package: "kvraft"})
	}
	return all
}

// defaultParts are run when none are named: those on Raft itself.
var defaultParts = []string{"2A", "2B", "2C", "2D"}

// choose returns the cases of the parts, in order, that match a pattern.
func choose(parts, pattern string) ([]campaign.Case, error) {
	match, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("--run: %w", err)
	}
	due := allCases()
	var known []string
	for _, c := range due {
		if !slices.Contains(known, c.Part) {
			known = append(known, c.Part)
		}
	}
	wanted := defaultParts
	switch {
	case parts != "":
		wanted = strings.Split(parts, ",")
	case pattern != "":
		wanted = known
	}
	for _, p := range wanted {
		if !slices.Contains(known, p) {
			return nil, fmt.Errorf("--part: unknown part %q; expected one of %s", p, strings.Join(known, ", "))
		}
	}
	due = slices.DeleteFunc(due, func(c campaign.Case) bool {
		return !slices.Contains(wanted, c.Part) || !match.MatchString(c.TestName())
	})
	if len(due) == 0 {
		return nil, fmt.Errorf("--run %q matches no case of %s; test names look like TestReElection2A", pattern, strings.Join(wanted, ", "))
	}
	return due, nil
}

// runCampaign builds and runs a campaign, shows its progress, and passes each run to add.
func runCampaign(cmd *cobra.Command, c campaign.Campaign, l logRetention, add func(campaign.PartRun)) error {
	for _, pkg := range c.Packages() {
		fmt.Printf("building %s\n", filepath.Join(c.Dir, pkg))
	}
	binary, err := c.Build(cmd.Context())
	if err != nil {
		return err
	}
	defer binary.Remove()

	first, last := c.Seeds[0], c.Seeds[len(c.Seeds)-1]
	seeds := fmt.Sprintf("seed %d", first)
	if last != first {
		seeds = fmt.Sprintf("seeds %d to %d", first, last)
	}
	fmt.Printf("%s, %s, %s clock%s, %d at a time\n", terminal.Count(c.Processes(), "run"), seeds, c.Clock, c.Mode.Suffix(), c.Procs)
	kept, err := l.open(c.Logs)
	if err != nil {
		return err
	}
	defer kept.close()
	progress := terminal.NewProgress(os.Stdout, c.Processes())
	err = perform(cmd.Context(), c, binary, kept, func(run campaign.PartRun) {
		add(run)
		progress.Done(run.Failures())
	})
	if err == nil {
		progress.End()
	}
	return err
}

// perform runs a campaign that was built, keeps the logs, and passes each run of a part to add.
func perform(ctx context.Context, c campaign.Campaign, binary *campaign.Binaries, kept *logFolder, add func(campaign.PartRun)) error {
	for run := range c.Run(ctx, binary) {
		if run.Fault != nil {
			return fmt.Errorf("seed %d of part %s could not be run: %w", run.Seed, run.Part, run.Fault)
		}
		for i := range run.Results {
			kept.Keep(&run.Results[i], run.Results[i].FailureKind(), run.Seed)
		}
		add(run)
	}
	return nil
}
