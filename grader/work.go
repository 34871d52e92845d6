package main

import (
	"os"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/execute/campaign"
)

// workName is the command by which the grader asks itself, in a process of its
// own, to run tests on the exact clock.
const workName = "exact-work"

func workCommand() *cobra.Command {
	return &cobra.Command{
		Use: workName, Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			w, err := campaign.ParseExactWork(args[0], os.Stdin)
			if err != nil {
				return err
			}
			status, err := w.Do(cmd.Context())
			if err != nil || status == 0 {
				return err
			}
			return &exit{status: status} // the program's own
		},
	}
}
