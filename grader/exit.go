package main

import (
	"errors"
	"fmt"
	"os"

	"raftlab/grader/internal/campaign"
	"raftlab/grader/internal/guard"
)

// exit is an error that says with which status the grader ends.
type exit struct {
	status int
	err    error // to be printed; nil if all was said
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// statusUsage is the status of every other error: the command was wrong, or the program
// does not build.
const statusUsage = 2

var (
	// errFailed says that everything was done, and that some of it failed.
	errFailed = &exit{status: 1}
	// errInterrupted says that not everything was done, and that nothing failed.
	errInterrupted = &exit{status: 130}
)

// unfit says that the same would fail again on any machine.
func unfit(err error) error { return &exit{status: 3, err: err} }

// status prints an error that a command returned, as far as it was not printed, and returns
// the exit status. If the grader was interrupted, what was under way says that in words of
// its own.
func status(err, interrupted error) int {
	if err == nil {
		return 0
	}
	ended := &exit{status: statusUsage, err: err}
	errors.As(err, &ended)
	if ended.err == nil {
		return ended.status
	}
	if interrupted != nil {
		fmt.Fprintln(os.Stderr, "grader: interrupted")
		return errInterrupted.status
	}
	var build *campaign.BuildError
	if errors.As(err, &build) {
		fmt.Fprintf(os.Stderr, "%v\n", err)
	} else {
		fmt.Fprintf(os.Stderr, "grader: %v\n", err)
	}
	if f := guard.Of(err); f != nil {
		fmt.Fprintf(os.Stderr, "\n%s", f.Stack)
	}
	return ended.status
}
