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

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/execute/sandbox"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake"
)

// programs holds the programs of one submission. Each is built when it is first needed. Any
// goroutine may call its methods.
type programs struct {
	builder    *builder
	submission *intake.Submission
	logs       string // directory for logs of failures, without the suffix for the mode
	budget     *sandbox.Budget
	room       diskSpace

	mu    sync.Mutex
	built map[program]*built
}

// built is a built program, or the error of its build.
type built struct {
	campaign campaign.Campaign
	binaries *campaign.Binaries
	err      error
	recorded time.Duration // build time that is recorded already
}

// took returns the build time in seconds since the last call.
func (s *programs) took(b *built) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := b.binaries.CPU()
	more := all - b.recorded
	b.recorded = all
	return more.Seconds()
}

// get returns the built program of a part and mode. It builds the program at the first
// call.
func (s *programs) get(ctx context.Context, part course.Part, m record.Mode) (*built, error) {
	key := s.builder.class.programOf(part, m)
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.built[key]; b != nil && (b.err == nil || ctx.Err() == nil) {
		return b, b.err
	}
	b := &built{}
	if b.err = s.builder.prepare(ctx, key); b.err == nil {
		b.campaign, b.err = s.campaign(key)
	}
	if b.err == nil {
		b.binaries, b.err = s.compileRetrying(ctx, b.campaign)
	}
	var build *campaign.BuildError
	if b.err == nil || errors.As(b.err, &build) {
		s.built[key] = b // failures of the machine are retried
	}
	return b, b.err
}

// compileRetrying builds a program, and tries again if the compiler mentions a full disk
// although there is space. A program can make the compiler print that.
func (s *programs) compileRetrying(ctx context.Context, c campaign.Campaign) (b *campaign.Binaries, err error) {
	var build *campaign.BuildError
	for range 1 + maxRepeats {
		if b, err = s.compile(ctx, c); !errors.As(err, &build) || !campaign.MentionsFullDisk([]byte(build.Output)) {
			break
		}
		if full := s.room.check(buildSpace); full != nil {
			return nil, full
		}
	}
	return b, err
}

// starved is the divisor of the build time limit below which a compiler got too little
// processor time to blame the program.
const starved = 3

// compile builds a program within the course's time limit for builds.
func (s *programs) compile(ctx context.Context, c campaign.Campaign) (*campaign.Binaries, error) {
	limit := s.builder.class.Course.Limits.Build.Duration
	building, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	binaries, err := c.Build(building)
	var broken *campaign.InterruptedError
	switch {
	case ctx.Err() != nil || !errors.As(err, &broken):
		return binaries, err
	case broken.CPU < limit/starved:
		return nil, fmt.Errorf("the machine is overloaded: the compiler did not finish within %v, and had %v of processor time", limit, broken.CPU.Round(time.Second))
	}
	return nil, &campaign.BuildError{Dir: s.submission.ID, Output: fmt.Sprintf("the compiler did not finish within %v", limit)}
}

// campaign returns the campaign that runs a program of the submission. The submission's
// files replace the lab's in an overlay; the lab's tree is not changed.
func (s *programs) campaign(p program) (campaign.Campaign, error) {
	c := s.builder.class
	k := s.builder.campaign(p)
	k.Scratch = s.builder.scratch
	k.Logs = fmt.Sprintf("%s-%s", s.logs, p.mode)
	if c.runner != nil {
		k.Runner = c.runner(p.mode, s.budget)
	}
	dir, err := os.MkdirTemp(s.builder.scratch, "files-")
	if err != nil {
		return k, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // another user may read it
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
	reference, err := campaign.OverlayRaft(filepath.Join(c.Reference, "raft"), s.builder.tree)
	if err != nil {
		return k, err
	}
	for place, file := range reference {
		if k.Replace[place] = file; file != "" {
			// The compiler can read dir, but not the reference itself.
			if k.Replace[place], err = copyReference(dir, file); err != nil {
				return k, err
			}
		}
	}
	return k, nil
}

// replace writes the submission's files and returns which of the lab's files they replace.
// A package without submitted files stays the lab's.
func (s *programs) replace(dir string) (map[string]string, error) {
	replace := map[string]string{}
	for _, pkg := range []string{"raft", "kvraft"} {
		var own []string
		for place := range s.submission.Files {
			if strings.HasPrefix(place, pkg+"/") {
				own = append(own, place)
			}
		}
		if len(own) == 0 {
			continue
		}
		lab, err := filepath.Glob(filepath.Join(s.builder.tree, pkg, "*.go"))
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
			if err := os.WriteFile(file, s.submission.Files[place], 0o644); err != nil {
				return nil, err
			}
			replace[filepath.Join(s.builder.tree, filepath.FromSlash(place))] = file
		}
	}
	return replace, nil
}

// clear removes the built programs.
func (s *programs) clear() {
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
