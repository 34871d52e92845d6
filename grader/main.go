// Grader runs the parts of the lab many times and reports what failed, how often, and
// how to reproduce it. Start from
//
//	go run ./grader run --part 2A --runs 20 .
//
// It builds and runs test binaries; it links neither submissions nor the reference. The
// exit status is 0 if all passed, 1 if something failed, 2 for a usage error or a program
// that does not build, and 130 if it was interrupted before anything failed. (`go run`
// prints the status, and itself exits with 1 for both; a built grader exits with its own.)
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/execute/sandbox"
)

func main() {
	sandbox.Helper()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal kills the grader at once
	os.Exit(execute(ctx, os.Args[1:]))
}

// Groups of commands in the help, by who uses them.
const (
	forStudents    = "student"
	forCourses     = "course"
	forClusters    = "cluster"
	forMaintainers = "maintainer"
)

// group assigns commands to a group of the help.
func group(id string, all ...*cobra.Command) []*cobra.Command {
	for _, cmd := range all {
		cmd.GroupID = id
	}
	return all
}

// commands returns the root command with all its subcommands.
func commands() *cobra.Command {
	root := &cobra.Command{
		Use:           "grader",
		Short:         "Run the parts of the lab many times, and report what failed",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddGroup(&cobra.Group{ID: forStudents, Title: "For students:"})
	root.AddGroup(staffGroups()...)
	root.AddCommand(group(forStudents, runCommand(), watchCommand(), replayCommand(), shrinkCommand(), submitCommand(), migrateCommand(), viewCommand())...)
	root.AddCommand(workCommand())
	root.AddCommand(staffCommands()...)
	return root
}

// execute runs one command line and returns the exit status.
func execute(ctx context.Context, args []string) int {
	root := commands()
	root.SetArgs(args)
	return status(root.ExecuteContext(ctx), ctx.Err())
}
