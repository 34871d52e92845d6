package class

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"raftlab/grader/internal/campaign"
	"raftlab/grader/internal/course"
	"raftlab/grader/internal/record"
	"raftlab/tests/clock"
)

// program is one that is built of a submission.
type program struct {
	pkg  string
	raft string // what it runs on: "own", or "reference"
	mode record.Mode
}

// built is a program, or why there is none.
type built struct {
	campaign campaign.Campaign
	binaries *campaign.Binaries
	err      error
	told     time.Duration // what building took, as far as that is recorded
}

// took returns what building took in seconds, beside what it returned before.
func (s *student) took(b *built) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := b.binaries.CPU()
	more := all - b.told
	b.told = all
	return more.Seconds()
}

// program returns what runs a part in a mode, and builds it the first time.
func (s *student) program(ctx context.Context, part course.Part, m record.Mode) (*built, error) {
	key := s.of(part, m)
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.built[key]; b != nil && (b.err == nil || ctx.Err() == nil) {
		return b, b.err
	}
	b := &built{}
	if b.err = s.prepare(ctx, key); b.err == nil {
		b.campaign, b.err = s.submitted(key)
	}
	if b.err == nil {
		b.binaries, b.err = s.compiled(ctx, b.campaign)
	}
	var build *campaign.BuildError
	if b.err == nil || errors.As(b.err, &build) {
		s.built[key] = b // what the machine is to blame for is tried again
	}
	return b, b.err
}

// compiled builds a program, again if the compiler speaks of a full disk and there is
// room: a program can have it print that each time.
func (s *student) compiled(ctx context.Context, c campaign.Campaign) (b *campaign.Binaries, err error) {
	var build *campaign.BuildError
	for range 1 + maxRepeats {
		if b, err = s.compile(ctx, c); !errors.As(err, &build) || !campaign.NoRoom(build.Output) {
			break
		}
		if full := s.roomLeft(buildRoom); full != nil {
			return nil, full
		}
	}
	return b, err
}

// starved is the share of the time for building below which a compiler that is not
// done had too little of the processor to blame what it compiles.
const starved = 3

// compile builds a program within the time that a course gives for that.
func (s *student) compile(ctx context.Context, c campaign.Campaign) (*campaign.Binaries, error) {
	limit := s.Course.Limits.Build.Duration
	building, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	binaries, err := c.Build(building)
	var broken *campaign.Unfinished
	switch {
	case ctx.Err() != nil || !errors.As(err, &broken):
		return binaries, err
	case broken.CPU < limit/starved:
		return nil, fmt.Errorf("the machine is overloaded: the compiler was not done after %v, and had %v of the processor", limit, broken.CPU.Round(time.Second))
	}
	return nil, &campaign.BuildError{Dir: s.ID, Output: fmt.Sprintf("the compiler was not done after %v", limit)}
}

// prepare has what all programs of a kind share built once, by what is trusted:
// the sandbox lets submissions read the cache of builds, and not write to it.
func (s *student) prepare(ctx context.Context, p program) error {
	g := s.grading
	if g.runner == nil {
		return nil
	}
	g.mu.Lock()
	warm := g.warm[p]
	if warm == nil {
		warm = sync.OnceValue(func() error {
			k := g.campaign(p)
			k.Scratch, k.Replace, k.Runner = g.scratch, g.reference, g.trusted
			if err := k.Warm(ctx); err != nil {
				return fmt.Errorf("%w: it does not build for %s: %v", ErrMachine, p.mode, err)
			}
			return nil
		})
		g.warm[p] = warm
	}
	g.mu.Unlock()
	return warm()
}

// of returns the program that holds a part.
func (c *Class) of(part course.Part, m record.Mode) program {
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

// campaign returns what runs a program in the tree of the lab, but for whose it
// is.
func (c *grading) campaign(p program) campaign.Campaign {
	k := campaign.Campaign{Dir: c.tree, Procs: 1, Clock: clock.Virtual, Deliver: campaign.Mixed, Worker: c.Worker, Engine: c.Engine()}
	switch p.mode {
	case record.Race:
		k.Mode = campaign.Race
	case record.Exact:
		k.Clock = clock.Exact
	case record.Real:
		k.Clock = clock.Real
	}
	for _, part := range c.Course.Parts {
		if c.of(part, p.mode) != p {
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

// submitted returns what runs a program of the submission: its files stand in
// the place of the lab's, which are not written to.
func (s *student) submitted(p program) (campaign.Campaign, error) {
	k := s.grading.campaign(p)
	k.Scratch = s.scratch
	k.Logs = filepath.Join(s.Out, failuresName, s.ID, fmt.Sprintf("attempt%d-%s", s.attempt, p.mode))
	if s.runner != nil {
		k.Runner = s.runner(p.mode, s.budget)
	}
	dir, err := os.MkdirTemp(s.scratch, "files-")
	if err != nil {
		return k, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // it may be read as another user
		return k, err
	}
	k.Sources = dir
	k.Replace, err = s.replace(dir)
	if err != nil || p.raft == "own" {
		return k, err
	}
	for place := range k.Replace {
		if filepath.Base(filepath.Dir(place)) == "raft" {
			delete(k.Replace, place)
		}
	}
	reference, err := campaign.RaftOf(filepath.Join(s.Reference, "raft"), s.tree)
	if err != nil {
		return k, err
	}
	for place, file := range reference {
		if k.Replace[place] = file; file != "" {
			// The compiler can reach what is in dir, and the reference itself it cannot.
			if k.Replace[place], err = moved(dir, file); err != nil {
				return k, err
			}
		}
	}
	return k, nil
}

// replace writes the submission's files and returns which stand for which of the
// lab's. A package of which nothing was handed in stays the lab's.
func (s *student) replace(dir string) (map[string]string, error) {
	replace := map[string]string{}
	for _, pkg := range []string{"raft", "kvraft"} {
		var own []string
		for place := range s.Files {
			if strings.HasPrefix(place, pkg+"/") {
				own = append(own, place)
			}
		}
		if len(own) == 0 {
			continue
		}
		lab, err := filepath.Glob(filepath.Join(s.tree, pkg, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, f := range lab {
			if !strings.HasSuffix(f, "_test.go") {
				replace[f] = ""
			}
		}
		for _, place := range own {
			file := filepath.Join(dir, filepath.FromSlash(place))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				return nil, err
			}
			if err := os.WriteFile(file, s.Files[place], 0o644); err != nil {
				return nil, err
			}
			replace[filepath.Join(s.tree, filepath.FromSlash(place))] = file
		}
	}
	return replace, nil
}

// clear removes what was built.
func (s *student) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.built {
		if b.binaries != nil {
			b.binaries.Remove()
		}
		if b.campaign.Sources != "" {
			os.RemoveAll(b.campaign.Sources)
		}
	}
	clear(s.built)
}
