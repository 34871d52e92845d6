package class

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
	"raftlab/tests/clock"
)

// program identifies a program that is built from a submission.
type program struct {
	pkg  string
	raft string // the Raft below a service: "own" or "reference"
	mode record.Mode
}

// programOf returns the program that holds a part.
func (c *Grader) programOf(part course.Part, m record.Mode) program {
	for _, k := range c.Cases {
		if k.Part == part.Name {
			raft := "own"
			if k.Package != "raft" {
				raft = part.Raft
			}
			return program{k.Package, raft, m}
		}
	}
	return program{}
}

// builder holds what the builds of all submissions share.
type builder struct {
	class     *Grader
	scratch   string            // directory for built programs
	tree      string            // the lab without the reference
	reference map[string]string // files of the reference, by the path that they replace

	mu   sync.Mutex
	warm map[program]func() error
}

// campaign returns the campaign that runs a program in the tree of the lab, without the
// files under test.
func (b *builder) campaign(p program) campaign.Campaign {
	c := b.class
	k := campaign.Campaign{Dir: b.tree, Procs: 1, Clock: clock.Virtual, Deliver: campaign.Mixed, Worker: c.Worker, Engine: c.Engine()}
	switch p.mode {
	case record.Race:
		k.Mode = campaign.Race
	case record.Exact:
		k.Clock = clock.Exact
	case record.Real:
		k.Clock = clock.Real
	}
	for _, part := range c.Course.Parts {
		if c.programOf(part, p.mode) != p {
			continue
		}
		for _, own := range part.Cases {
			for _, lab := range c.Cases {
				if lab.Name == own.Name && lab.RunsOn(k.Clock) {
					k.Cases = append(k.Cases, lab)
				}
			}
		}
	}
	return k
}

// readReference maps the packages of the lab to the files of the reference.
func (b *builder) readReference() error {
	all := map[string]string{}
	for _, pkg := range []string{"raft", "kvraft"} {
		files, err := campaign.OverlayPackage(filepath.Join(b.class.Reference, pkg), b.tree, pkg)
		if err != nil {
			return err
		}
		for place, file := range files {
			if all[place] = file; file == "" {
				continue
			}
			if all[place], err = copyReference(b.scratch, file); err != nil {
				return err
			}
		}
	}
	b.reference = all
	return nil
}

// copyReference copies a file of the reference into a directory and returns the path of the copy.
// In the copy, imports of the reference become imports of the packages of submissions.
func copyReference(dir, file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	text = bytes.ReplaceAll(text, []byte(`"raftlab/solutions/`), []byte(`"raftlab/`))
	copied := filepath.Join(dir, "reference", filepath.Base(filepath.Dir(file))+"-"+filepath.Base(file))
	if err := os.MkdirAll(filepath.Dir(copied), 0o755); err != nil {
		return "", err
	}
	return copied, os.WriteFile(copied, text, 0o644)
}

// prepare compiles, at the first call, what all programs of a kind share. It does so
// outside the sandbox, because submissions may read the compiler's cache but not write to
// it.
func (b *builder) prepare(ctx context.Context, p program) error {
	if b.class.runner == nil {
		return nil
	}
	b.mu.Lock()
	warm := b.warm[p]
	if warm == nil {
		warm = sync.OnceValue(func() error {
			k := b.campaign(p)
			k.Scratch, k.Replace, k.Runner = b.scratch, b.reference, b.class.trusted
			if err := k.Warm(ctx); err != nil {
				return fmt.Errorf("%w: it does not build for %s: %v", ErrMachine, p.mode, err)
			}
			return nil
		})
		if b.warm == nil {
			b.warm = map[program]func() error{}
		}
		b.warm[p] = warm
	}
	b.mu.Unlock()
	return warm()
}
