// Grader runs the lab's parts many times and says what failed, how often, and
// how to see it again. Start from
//
//	go run ./grader run --part 2A --runs 20 .
//
// It builds and runs test binaries; it links neither submissions nor the
// reference. Exit status: 0 when all passed, 1 when something failed, 2 when
// the question was wrong or the program does not build, 130 when it was
// interrupted before anything failed. (`go run` says which,
// and itself exits with 1 for both; a built grader exits with its own.)
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/campaign"
	"raftlab/grader/internal/guard"
	"raftlab/grader/internal/sandbox"
)

// errFailed says that everything was done, and that some of it failed.
var errFailed = errors.New("some runs failed")

// errInterrupted says that not everything was done, and that nothing failed.
var errInterrupted = errors.New("interrupted")

// errUnfit says that the same would fail again on any machine.
var errUnfit = errors.New("")

func main() {
	sandbox.Helper()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the grader at once, whatever it does
	os.Exit(execute(ctx, os.Args[1:]))
}

// commands returns the grader's command with all that are below it.
func commands() *cobra.Command {
	root := &cobra.Command{
		Use:           "grader",
		Short:         "Run the parts of the lab many times, and say what failed",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(runCommand(), replayCommand(), shrinkCommand(), submitCommand(), migrateCommand(), viewCommand(), workCommand())
	root.AddCommand(staffCommands()...)
	return root
}

// execute runs one command line and returns the exit status.
func execute(ctx context.Context, args []string) int {
	root := commands()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var build *campaign.BuildError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFailed):
		return 1
	case errors.Is(err, errInterrupted):
		return 130
	case ctx.Err() != nil: // whatever was under way says that in words of its own
		fmt.Fprintln(os.Stderr, "grader: interrupted")
		return 130
	case errors.Is(err, errUnfit):
		fmt.Fprintf(os.Stderr, "grader: %v\n", err)
		return 3
	case errors.As(err, &build):
		fmt.Fprintf(os.Stderr, "%v\n", err)
	default:
		fmt.Fprintf(os.Stderr, "grader: %v\n", err)
	}
	if f := guard.Of(err); f != nil {
		fmt.Fprintf(os.Stderr, "\n%s", f.Stack)
	}
	return 2
}
