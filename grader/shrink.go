package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/base/ranged"
	"raftlab/grader/internal/execute/campaign"
	"raftlab/tests/suite"
)

func shrinkCommand() *cobra.Command {
	var o runOptions
	long := time.Minute
	cmd := &cobra.Command{
		Use:   "shrink [flags] --run CASE --seed S DIR",
		Short: "Search for a smaller fault schedule on which a chaos case still fails",
		Long: `Repeat a failed run of a chaos case, and search for a schedule with fewer faults,
shorter spans, fewer commands and fewer servers on which it fails in the same way. The
command prints the schedule, and saves it as a script that go test reads (-faults FILE).`,
		Example: "  grader shrink --run 'TestChaos2C$' --seed 8213 .",
		Args:    oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("seed") {
				return fmt.Errorf("--seed is missing: give the seed that the failure printed")
			}
			c, err := o.campaign(cmd, args[0])
			if err != nil {
				return err
			}
			if len(c.Cases) != 1 {
				return fmt.Errorf("--run %q chooses %d cases: choose one, such as --run 'TestChaos2C$'", o.pattern, len(c.Cases))
			}
			if name := c.Cases[0].Name; !strings.HasPrefix(name, "Chaos") {
				return fmt.Errorf("%s is not a chaos case: only chaos cases run a fault schedule", name)
			}
			c.Seeds, c.Shrink = []uint64{o.seed}, long
			var found campaign.Result
			if err := runCampaign(cmd, c, o.logRetention(cmd), func(b campaign.PartRun) { found = b.Results[0] }); err != nil {
				return err
			}
			switch {
			case found.Verdict == suite.Passed:
				return fmt.Errorf("%s passes with seed %d: there is no failure to shrink", found.Case, o.seed)
			case found.Shrunk == nil:
				fmt.Printf("%s, seed %d: %s\n  %s\nNo smaller schedule was found. Only chaos cases have one.\n", found.Case, o.seed, found.Verdict, suite.Fold(found.Reason))
				return errFailed
			}
			s := found.Shrunk
			fmt.Printf("%s, seed %d: %s\n  %s\n\n%d steps instead of %d, %.1f s instead of %.1f s, found in %d tries:\n\n%s\nIt is saved in: %s\n",
				found.Case, o.seed, found.Verdict, suite.Fold(found.Reason), s.Steps[1], s.Steps[0], s.Seconds[1], s.Seconds[0], s.Tries, s.Script, filepath.Join(found.Folder, "faults.txt"))
			return errFailed
		},
	}
	o.flags(cmd.Flags())
	cmd.Flags().Var((*seed)(&o.seed), "seed", "the seed of the run")
	cmd.Flags().Var(ranged.Duration(&long, time.Second, 24*time.Hour), "for", "how long to search, in real time")
	return cmd
}
