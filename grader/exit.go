package main

import (
	"errors"
	"fmt"
	"os"

	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/execute/campaign"
)

// exit is an error with the exit status of the grader.
type exit struct {
	status int
	err    error // to be printed; nil if the message was already printed
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// statusUsage is the status of all other errors: a usage error, or a program that does not
// build.
const statusUsage = 2

var (
	// errFailed is returned if everything was done and something failed.
	errFailed = &exit{status: 1}
	// errBroken is returned if the program does not build, which was already printed.
	errBroken = &exit{status: statusUsage}
	// errInterrupted is returned if not everything was done and nothing failed.
	errInterrupted = &exit{status: 130}
)

// permanent marks an error that would occur again on every machine.
func permanent(err error) error { return &exit{status: 3, err: err} }

// status prints the error that a command returned, unless it was already printed, and
// returns the exit status. If the grader was interrupted, it prints only that, because the
// interrupted work returns errors of many kinds.
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
