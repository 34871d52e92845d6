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

// realProcs is how many processes run at once for each processor on the real
// clock, where they mostly sleep.
const realProcs = 4

// question is what the flags of a command ask for.
type question struct {
	timing
	parts, pattern, out string
	raft, faults        string
	procs, keep         int
	seed                uint64
	race, strict        bool
}

// flags registers the flags that commands share.
func (q *question) flags(f *pflag.FlagSet) {
	f.StringVar(&q.parts, "part", "", "parts to run, such as 2A or 2A,2B (default: those of Raft, or with --run all)")
	f.StringVar(&q.pattern, "run", "", "only the cases whose test name matches this regular expression")
	f.BoolVar(&q.race, "race", false, "build with the race detector; a race fails the case")
	f.BoolVar(&q.strict, "strict", false, "make warnings failures, and a stall of virtual time final")
	f.Var(ranged.Int(&q.procs, 1, 4096), "procs", "processes at a time (default: one a processor, on the real clock 4)")
	q.timing.flags(f)
	f.StringVar(&q.faults, "faults", "", "have chaos cases run the schedule in this file, and not one of their own")
	f.StringVar(&q.raft, "raft", "own", "whose Raft 3A and 3B run on: own, or reference (the one in ./solutions)")
	f.StringVar(&q.out, "out", newLogs(), "where logs of failed runs are kept; made only if there are any")
	q.keep = leftover.DefaultMegabytes
	f.Var(ranged.Int(&q.keep, 0, ranged.Most), keepName, "megabytes of such logs to keep, a few for each case and kind of failure; older runs' in results/ are dropped; 0 for all")
}

// campaign returns what is to be run, without its seeds.
func (q *question) campaign(cmd *cobra.Command, dir string) (c campaign.Campaign, err error) {
	c.Dir, c.Logs, c.Strict = dir, q.out, q.strict
	self, err := os.Executable()
	if err != nil {
		return c, err
	}
	c.Worker = []string{self, workName}
	if q.race {
		c.Mode = campaign.Race
	}
	if c.Clock, c.Deliver, err = q.timing.parse(); err != nil {
		return c, err
	}
	c.Choose = q.timing.engineLater(dir)
	if q.faults != "" {
		script, err := os.ReadFile(q.faults)
		if err != nil {
			return c, fmt.Errorf("--faults: %w", err)
		}
		if _, err := fault.Parse(string(script)); err != nil {
			return c, fmt.Errorf("--faults %s: %w", q.faults, err)
		}
		c.Faults, c.Script = string(script), q.faults
	}
	if c.Procs = q.procs; c.Procs == 0 {
		c.Procs = runtime.NumCPU()
		if c.Clock == clock.Real {
			c.Procs *= realProcs
		}
	}
	if c.Cases, err = choose(q.parts, q.pattern); err != nil {
		return c, err
	}
	switch q.raft {
	case "own":
	case "reference":
		if _, err := os.Stat(referenceRaft); err != nil {
			return c, fmt.Errorf("--raft reference: the reference is not in this tree (%w). Give the command in the instructors' tree, with the student's directory as DIR", err)
		}
		if c.Cases = slices.DeleteFunc(c.Cases, func(k campaign.Case) bool { return k.Package == "raft" }); len(c.Cases) == 0 {
			return c, fmt.Errorf("--raft reference is for parts 3A and 3B")
		}
		if q.parts != "" && strings.Contains(q.parts, "2") {
			fmt.Println("Parts of Lab 2 are left out: --raft reference is for 3A and 3B.")
		}
		if c.Replace, err = campaign.RaftOf(referenceRaft, dir); err != nil {
			return c, err
		}
		fmt.Printf("on the Raft in %s\n", referenceRaft)
	default:
		return c, fmt.Errorf("--raft %q: say own, or reference", q.raft)
	}
	if err := c.Check(); err != nil {
		return c, err
	}
	if q.race {
		if err := racebuild.Check(cmd.Context(), nil); err != nil {
			return c, fmt.Errorf("--race: %w", err)
		}
	}
	return c, q.onClock(cmd.Context(), &c)
}

// onClock chooses the clock of a campaign and its engine, and leaves out cases that do not
// run on it.
func (q *question) onClock(ctx context.Context, c *campaign.Campaign) (err error) {
	if c.Clock == "" {
		if c.Clock, err = q.timing.chooseClock(ctx, c.Dir, c.Mode); err != nil {
			return err
		}
	}
	if c.Clock == clock.Exact {
		choice, err := q.timing.chooseEngine(ctx, c.Dir)
		if err != nil {
			return err
		}
		c.Engine = choice.Engine
		if q.race && c.Engine != exact.Native {
			return fmt.Errorf("--race, --clock %s: the %s engine has no race detector; leave out --race, or --clock", q.clock, c.Engine)
		}
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
		fmt.Printf("not on the %s clock, and so left out: %s (try --clock exact)\n", c.Clock, strings.Join(left, ", "))
	}
	return nil
}

// oneDirectory checks the arguments of a command that runs a tree.
func oneDirectory(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("give one directory, the one that holds raft/: \".\" for the tree you work in")
	}
	return nil
}

// maxTogether bounds how many runs a process does, and minTurns is how many
// processes there are at least for each that runs at a time, so that none is
// left with the last of the work.
const (
	maxTogether = 16
	minTurns    = 4
)

// together is how many runs of a part a process does. Each has its own under the
// race detector, which a race ends, on the real clock, and as WebAssembly.
func together(c campaign.Campaign) int {
	if c.Mode == campaign.Race || c.Clock == clock.Real || c.Clock == clock.Exact && c.Engine.Hosted() {
		return 1
	}
	return max(1, min(maxTogether, c.Processes()/(minTurns*c.Procs)))
}

func runCommand() *cobra.Command {
	q := question{timing: timing{clock: autoClock}}
	runs := 20
	cmd := &cobra.Command{
		Use:   "run [flags] DIR",
		Short: "Run parts many times, each run with a seed of its own",
		Long: fmt.Sprintf(`Run parts of the lab many times and print a table of what passed.

DIR holds raft/: "." is the tree you work in, "./solutions" the reference. The
program is built once; each run of a part has its own seed. Several processes run
at a time, each up to %d runs of a part, one after the other. A run that does not
pass there is repeated in a process of its own, and what it does there counts.
What dies is charged to the case that was running, and the cases after it run in
a fresh process.`, maxTogether),
		Example: `  grader run --part 2A --runs 20 .
  grader run --part 2A,2B,2C,2D --runs 100 --race .
  grader run --part 2C --run Figure8 --runs 500 --seed 1 .`,
		Args: oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := q.campaign(cmd, args[0])
			if err != nil {
				return err
			}
			first := q.firstSeed(cmd)
			for k := range runs {
				c.Seeds = append(c.Seeds, first+uint64(k))
			}
			c.Together = together(c)
			tally := terminal.NewTally(c)
			if err := conduct(cmd, c, q.leavings(cmd), tally.Add); err != nil {
				return err
			}
			tally.Draw(draw)
			fmt.Print(tally.String())
			if cmd.Context().Err() != nil {
				fmt.Println("Interrupted: the table holds what was done by then.")
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
	q.flags(cmd.Flags())
	cmd.Flags().Var(ranged.Int(&runs, 1, ranged.Most), "runs", "runs of each part")
	q.firstSeedFlag(cmd.Flags())
	return cmd
}

// firstSeedFlag registers the flag of [question.firstSeed].
func (q *question) firstSeedFlag(f *pflag.FlagSet) {
	f.Var((*seed)(&q.seed), "seed", "seed of the first run, the others count up (default: another one each time)")
}

// firstSeed returns the seed of the first run.
func (q *question) firstSeed(cmd *cobra.Command) uint64 {
	if cmd.Flags().Changed("seed") {
		return q.seed
	}
	return 1 + rand.Uint64N(999_999)
}

func replayCommand() *cobra.Command {
	var q question
	times, seeds := 20, 1
	cmd := &cobra.Command{
		Use:   "replay [flags] --seed S DIR",
		Short: "Repeat one seed, and say whether the same happened each time",
		Long: `Repeat the run of one seed and compare, case by case, what was seen: the hash of
all messages, saves and applied entries with their times, and the verdict. Where
two runs differ it shows the first event that one has and the other has not.

On the virtual clock a run repeats if its goroutines do not depend on who is
first at one instant; on the exact clock it always does, to the byte of what the
program prints, and goes on doing so when prints are added.`,
		Example: `  grader replay --run 'TestFigure82C$' --seed 8213 --times 20 .
  grader replay --clock exact --run 'TestFigure82C$' --seed 8213 --times 2 .`,
		Args: oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error {
			if times*seeds > ranged.Most {
				return fmt.Errorf("--times %d, --seeds %d: expected at most %d runs together", times, seeds, ranged.Most)
			}
			if !cmd.Flags().Changed("seed") {
				return fmt.Errorf("say which run to repeat: --seed S, as the failure printed it")
			}
			c, err := q.campaign(cmd, args[0])
			if err != nil {
				return err
			}
			for k := range seeds {
				c.Seeds = append(c.Seeds, slices.Repeat([]uint64{q.seed + uint64(k)}, times)...)
			}
			c.Traced = seeds == 1 // to show where two runs part
			repeats := terminal.NewRepeats(c)
			if err := conduct(cmd, c, q.leavings(cmd), repeats.Add); err != nil {
				return err
			}
			fmt.Print(repeats.String())
			if !repeats.AllPassed() {
				return errFailed
			}
			return nil
		},
	}
	q.flags(cmd.Flags())
	cmd.Flags().Var(ranged.Int(&times, 1, ranged.Most), "times", "how often to repeat it")
	cmd.Flags().Var(ranged.Int(&seeds, 1, ranged.Most), "seeds", "repeat so many seeds, counting up, and say for how many all runs were alike")
	cmd.Flags().Var((*seed)(&q.seed), "seed", "the seed to repeat")
	return cmd
}

// referenceRaft is the reference's package raft, seen from the top of the tree.
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
			return nil, fmt.Errorf("--part: there is no part %q; the parts are %s", p, strings.Join(known, ", "))
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

// conduct builds and runs a campaign, shows its progress, and hands each batch
// to add.
func conduct(cmd *cobra.Command, c campaign.Campaign, l leavings, add func(campaign.Batch)) error {
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
	err = perform(cmd.Context(), c, binary, kept, func(batch campaign.Batch) {
		add(batch)
		progress.Done(batch.Failures())
	})
	if err == nil {
		progress.End()
	}
	return err
}

// perform runs a campaign that was built, keeps the logs, and hands each batch to add.
func perform(ctx context.Context, c campaign.Campaign, binary *campaign.Binaries, kept *kept, add func(campaign.Batch)) error {
	for batch := range c.Run(ctx, binary) {
		if batch.Fault != nil {
			return fmt.Errorf("seed %d of part %s could not be run: %w", batch.Seed, batch.Part, batch.Fault)
		}
		for i := range batch.Results {
			kept.Keep(&batch.Results[i], batch.Results[i].Kind(), batch.Seed)
		}
		add(batch)
	}
	return nil
}
