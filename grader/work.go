package main

import (
	"os"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/execute/campaign"
)

// workName is the hidden command with which the grader starts itself as a worker, to run
// tests on the exact clock in a separate process.
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
			return &exit{status: status} // that of the program
		},
	}
}
