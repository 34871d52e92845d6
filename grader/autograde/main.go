// Autograde is the program of Gradescope's autograder. It grades the submission in
// /autograder/submission and writes /autograder/results/results.json. The command "grader
// bundle gradescope" builds it; it links neither the reference nor the bank.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"raftlab/grader/internal/base/ranged"
	"raftlab/grader/internal/deliver/autograde"
	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/execute/sandbox"
	"raftlab/tests/kvtest"
	"raftlab/tests/rafttest"
)

// workName is the command with which it starts itself to run tests on the exact clock.
const workName = "exact-work"

func main() {
	sandbox.Helper()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal kills it at once
	if len(os.Args) == 3 && os.Args[1] == workName {
		os.Exit(work(ctx, os.Args[2]))
	}
	root := flag.String("root", "/autograder", "folder that holds source/, submission/ and results/")
	limit := 8 * time.Minute
	flag.Var(ranged.Duration(&limit, time.Second, 24*time.Hour), "time", "how long grading may take")
	flag.Parse()
	self, err := os.Executable()
	if err == nil {
		a := autograde.Autograder{Root: *root, Cases: cases(), Worker: []string{self, workName}, Time: limit}
		err = a.Run(ctx)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "autograde: %v\n", err)
		os.Exit(1)
	}
}

func work(ctx context.Context, arg string) int {
	w, err := campaign.ParseExactWork(arg, os.Stdin)
	if err != nil {
		fmt.Fprintf(os.Stderr, "autograde: %v\n", err)
		return 2
	}
	status, err := w.Do(ctx)
	if err != nil {
		fmt.Fprintf(os.Stderr, "autograde: %v\n", err)
		return 2
	}
	return status
}

// cases returns all cases of the lab.
func cases() (all []campaign.Case) {
	for _, c := range rafttest.Cases() {
		all = append(all, campaign.Case{Case: c.Case, Package: "raft"})
	}
	for _, c := range kvtest.Cases() {
		all = append(all, campaign.Case{Case: c.Case, Package: "kvraft"})
	}
	return all
}
