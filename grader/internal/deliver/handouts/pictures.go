package handouts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"raftlab/grader/internal/base/atomicfile"
	"raftlab/tests/trace"
	"raftlab/tests/viewer"
)

// Picture is a drawing of a stretch of a run of the reference.
type Picture struct {
	Name, Case string
	Seed       int
	From, To   instant
	Logs       bool          // also the servers' logs at the end
	Gap        time.Duration // quiet spans are cut to this long; 0 for a picture that is to scale
}

// instant is an instant of a run: some time after an event, or before it.
type instant struct {
	kind  trace.Kind
	nth   int // which of its kind, from 1; from the end if negative
	after time.Duration
}

// File returns where it is, below handouts.
func (p Picture) File() string { return "pictures/" + p.Name + ".svg" }

const (
	us = time.Microsecond
	ms = time.Millisecond
)

// Pictures are all of them. What a page says of one is in captions, and fails to be
// drawn if the run of that seed does not show it.
func Pictures() []Picture {
	return []Picture{
		{"first-election", "InitialElection2A", 1, instant{trace.Timeout, 1, -5 * ms}, instant{trace.Won, 1, 3500 * us}, false, 0},
		{"re-election", "ReElection2A", 1, instant{trace.Won, 1, -4 * ms}, instant{trace.Heal, 1, 68 * ms}, false, 8 * ms},
		{"split-vote", "SplitVote2A", 1, instant{trace.Timeout, 2, -15 * ms}, instant{trace.Won, 2, 2500 * us}, false, 8 * ms},
		{"late-votes", "HeldVotes2A", 1, instant{trace.Timeout, 1, -16 * ms}, instant{trace.Won, 1, 4 * ms}, false, 0},
		{"agreement", "BasicAgree2B", 1, instant{trace.Start, 1, -ms}, instant{trace.Apply, 1, 900 * us}, true, 0},
		{"followers-learn", "BasicAgree2B", 1, instant{trace.Apply, 2, -1500 * us}, instant{trace.Apply, 3, 1100 * us}, true, 0},
		{"partition", "Partition5_2B", 1, instant{trace.Cut, 1, -8 * ms}, instant{trace.Apply, 10, 4 * ms}, true, 2 * ms},
		{"rejoin", "Rejoin2B", 1, instant{trace.Cut, 1, -8 * ms}, instant{trace.Apply, 6, 50 * ms}, true, 2 * ms},
		{"figure-8", "PriorTermCommit2B", 1, instant{trace.Cut, 1, -12 * ms}, instant{trace.Won, 4, 120 * ms}, true, 2 * ms},
		{"figure-7", "Figure7_2B", 1, instant{trace.Won, -1, -1500 * us}, instant{trace.Won, -1, 600 * us}, true, 0},
		{"figure-7-after", "Figure7_2B", 1, instant{trace.Won, -1, 99 * ms}, instant{trace.Won, -1, 119 * ms}, true, 0},
		{"crash-after-reply", "CrashAfterReply2C", 1, instant{trace.Cut, 1, -12 * ms}, instant{trace.Boot, 4, 45 * ms}, false, 3 * ms},
		{"install", "SnapshotInstallCrash2D", 1, instant{trace.Snapshot, 1, -8 * ms}, instant{trace.Install, 1, 8 * ms}, false, 3 * ms},
	}
}

// in returns the time of an instant in a story.
func (a instant) in(s *viewer.Story) (time.Duration, error) {
	e, err := nth(s.Events, a.kind, a.nth)
	return max(0, e.At+a.after), err
}

// drawn is a picture with what is said of it.
type drawn struct {
	caption
	svg []byte
}

// Draw draws all pictures anew, and writes down what is said of them.
func Draw(ctx context.Context, root string) error {
	all, err := draw(ctx, root)
	if err != nil {
		return err
	}
	captions := map[string]caption{}
	for _, p := range Pictures() {
		captions[p.Name] = all[p.Name].caption
		if err := atomicfile.Write(filepath.Join(root, folder, p.File()), all[p.Name].svg); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(captions, "", "\t")
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(root, captionsFile), append(text, '\n'))
}

// draw runs the reference and returns all pictures, by name.
func draw(ctx context.Context, root string) (map[string]drawn, error) {
	all := map[string]drawn{}
	return all, each(ctx, root, Pictures(), func(p Picture, story *viewer.Story) (err error) {
		all[p.Name], err = p.draw(story)
		return err
	})
}

// each runs the reference for each of some pictures, and calls f with what its trace tells.
func each(ctx context.Context, root string, pictures []Picture, f func(Picture, *viewer.Story) error) error {
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
	for _, p := range pictures {
		story, err := p.run(ctx, binary, filepath.Join(dir, p.Name+".jsonl"))
		if err == nil {
			err = f(p, story)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return nil
}

// run runs the case and returns what its trace tells.
func (p Picture) run(ctx context.Context, binary, events string) (*viewer.Story, error) {
	run := exec.CommandContext(ctx, binary, "-test.run", "^Test"+p.Case+"$", "-seed", fmt.Sprint(p.Seed), "-events", events)
	run.Dir, run.Env = filepath.Dir(events), append(plain(os.Environ()), "GOMAXPROCS=1") // so that the seed repeats
	if out, err := run.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", p.Case, err, out)
	}
	f, err := os.Open(events)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	traces, err := trace.Read(f)
	if err != nil {
		return nil, err
	}
	return viewer.NewStory(traces[0]), nil
}

func (p Picture) draw(story *viewer.Story) (d drawn, err error) {
	s := stretch{story: story}
	if s.from, err = p.From.in(story); err != nil {
		return d, err
	}
	if s.to, err = p.To.in(story); err != nil {
		return d, err
	}
	if d.caption, err = s.caption(p.Name); err != nil {
		return d, err
	}
	var svg bytes.Buffer
	err = viewer.SVG(&svg, story, viewer.Part{From: s.from, To: s.to, Logs: p.Logs, Gap: p.Gap})
	d.svg = svg.Bytes()
	return d, err
}
