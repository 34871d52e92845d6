package book

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Picture is a drawing of a stretch of a run of the reference.
type Picture struct {
	Name, Case string
	Seed       int
	From, To   string // since the case began
	Logs       bool   // also the servers' logs at the end
}

// File returns where it is, below handouts.
func (p Picture) File() string { return "pictures/" + p.Name + ".svg" }

// Pictures are all of them. With these seeds the reference does what their pages
// say; whoever draws them anew looks at them.
func Pictures() []Picture {
	return []Picture{
		{Name: "first-election", Case: "InitialElection2A", Seed: 1, From: "300ms", To: "310ms"},
		{Name: "re-election", Case: "ReElection2A", Seed: 1, From: "336ms", To: "1222ms"},
		{Name: "split-vote", Case: "SplitVote2A", Seed: 1, From: "660ms", To: "1113ms"},
		{Name: "late-votes", Case: "HeldVotes2A", Seed: 1, From: "310ms", To: "737ms"},
		{Name: "agreement", Case: "BasicAgree2B", Seed: 1, From: "401ms", To: "405ms", Logs: true},
		{Name: "followers-learn", Case: "BasicAgree2B", Seed: 1, From: "469500us", To: "472200us", Logs: true},
		{Name: "partition", Case: "Partition5_2B", Seed: 1, From: "505ms", To: "1136ms", Logs: true},
		{Name: "rejoin", Case: "Rejoin2B", Seed: 1, From: "455ms", To: "1500ms", Logs: true},
		{Name: "figure-8", Case: "PriorTermCommit2B", Seed: 1, From: "440ms", To: "4620ms", Logs: true},
		{Name: "figure-7", Case: "Figure7_2B", Seed: 1, From: "3402ms", To: "3404200us", Logs: true},
		{Name: "figure-7-after", Case: "Figure7_2B", Seed: 1, From: "3503ms", To: "3523ms", Logs: true},
		{Name: "crash-after-reply", Case: "CrashAfterReply2C", Seed: 1, From: "340ms", To: "1450ms"},
		{Name: "install", Case: "SnapshotInstallCrash2D", Seed: 1, From: "550ms", To: "760ms"},
	}
}

// Draw makes all pictures anew, with the reference and the grader's own view.
func Draw(ctx context.Context, root, grader string) error {
	dir, err := os.MkdirTemp("", "raftlab-pictures-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "raft.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, "./solutions/raft")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	for _, p := range Pictures() {
		events, drawn := filepath.Join(dir, p.Name+".jsonl"), filepath.Join(root, folder, p.File())
		if err := os.MkdirAll(filepath.Dir(drawn), 0o755); err != nil {
			return err
		}
		run := exec.CommandContext(ctx, binary, "-test.run", "Test"+p.Case+"$", "-seed", fmt.Sprint(p.Seed), "-events", events)
		run.Env = append(os.Environ(), "GOMAXPROCS=1")
		if out, err := run.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", p.Case, err, out)
		}
		args := []string{"view", "--svg", "--from", p.From, "--to", p.To, "--out", drawn}
		if p.Logs {
			args = append(args, "--logs")
		}
		if out, err := exec.CommandContext(ctx, grader, append(args, events)...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", p.Name, err, out)
		}
	}
	return nil
}
