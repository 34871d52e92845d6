package class

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"raftlab/grader/internal/campaign"
	"raftlab/grader/internal/course"
	"raftlab/grader/internal/grade"
	"raftlab/grader/internal/policy"
	"raftlab/grader/internal/record"
	"raftlab/tests/clock"
)

// student is the grading of one submission.
type student struct {
	Submission
	*grading
	attempt int

	mu    sync.Mutex
	built map[program]*built
}

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
	told     bool // what building took is recorded
}

// took returns what building took in seconds the first time, and then 0.
func (s *student) took(b *built) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.told {
		return 0
	}
	b.told = true
	return b.binaries.CPU().Seconds()
}

// student finds out how far a submission has come.
func (g *grading) student(s Submission) *student {
	one := &student{Submission: s, grading: g, attempt: 1, built: map[program]*built{}}
	for _, r := range one.own() {
		one.attempt = max(one.attempt, r.Attempt)
	}
	if g.Regrade && len(one.own()) > 0 && !one.unfinished() {
		one.attempt++
	}
	return one
}

// own are the records of this very submission.
func (s *student) own() (own []record.Record) {
	s.grading.mu.Lock()
	defer s.grading.mu.Unlock()
	for _, r := range s.grading.byID[s.ID] {
		if r.Digest == s.Digest && r.Kind != record.Canary {
			own = append(own, r)
		}
	}
	return own
}

// runs are the runs of this attempt.
func (s *student) runs() (runs []record.Record) {
	for _, r := range s.own() {
		if r.Kind == record.Run && r.Attempt == s.attempt {
			runs = append(runs, r)
		}
	}
	return runs
}

// checked returns the latest check of this attempt, nil if there is none.
func (s *student) checked() (latest *record.Record) {
	for _, r := range s.own() {
		if r.Kind == record.Check && r.Attempt == s.attempt {
			latest = &r
		}
	}
	return latest
}

// due tells whether anything is left to do.
func (s *student) due() bool { return !s.known() || s.unfinished() }

// known tells whether it is known if the submission can be run: it was checked,
// and for what it would be checked for now.
func (s *student) known() bool {
	check := s.checked()
	switch {
	case check == nil || check.Class == record.Infrastructure || check.Rules != s.Course.Rules():
		return false
	case s.Outcome != record.Passed:
		return check.Class == s.Outcome
	}
	return check.Class != record.Intake
}

// unfinished tells whether runs of this attempt are due.
func (s *student) unfinished() bool {
	check := s.checked()
	return check != nil && check.Class == record.Passed && s.left() > 0
}

// left counts the runs that are due.
func (s *student) left() (n int) {
	for i := range s.Course.Parts {
		n += len(s.work(&s.Course.Parts[i]).Left())
	}
	return n
}

func (s *student) work(p *course.Part) grade.Work {
	w := grade.Work{Course: s.Course, Part: p}
	for _, r := range s.runs() {
		if r.Part == p.Name {
			w.Records = append(w.Records, r)
		}
	}
	return w
}

// grade does what is left to do.
func (s *student) grade(ctx context.Context) error {
	defer s.clear()
	if err := s.check(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	if check := s.checked(); check != nil && check.Class == record.Passed {
		for _, m := range record.Modes() {
			if err := s.runAll(ctx, m); err != nil || ctx.Err() != nil {
				return err
			}
		}
	}
	for _, one := range s.book().Grades().Submissions {
		if one.ID == s.ID {
			s.watch.Ended(s.ID, one)
		}
	}
	return nil
}

// check finds out and records whether the submission can be run: whether it is
// within the policy, and compiles.
func (s *student) check(ctx context.Context) error {
	if s.known() {
		return nil
	}
	r := record.Record{
		Kind: record.Check, Submission: s.ID, Digest: s.Digest, Attempt: s.attempt, Rules: s.Course.Rules(), Class: s.Outcome,
		Message: s.Message, Warnings: s.Warnings,
	}
	began := time.Now()
	if r.Class == record.Passed {
		r.Shingles = shingles(s.Files, s.tree)
		s.refuse(&r, (*policy.Checker).Syntax)
	}
	if r.Class == record.Passed {
		s.build(ctx, &r)
	}
	if r.Class == record.Passed { // what compiles within limits can be type-checked here
		s.refuse(&r, (*policy.Checker).Types)
	}
	if ctx.Err() != nil {
		return nil
	}
	r.Wall = time.Since(began).Seconds()
	return s.append(r)
}

// refuse notes what half of the policy finds.
func (s *student) refuse(r *record.Record, half func(*policy.Checker, map[string][]byte) []policy.Finding) {
	if s.Policy == nil {
		return
	}
	for _, f := range half(s.Policy, s.Files) {
		r.Class = record.Policy
		r.Findings = append(r.Findings, record.Finding{File: f.File, Line: f.Line, What: f.What, Why: f.Why, Instead: f.Instead})
	}
	if len(r.Findings) > 0 {
		first := r.Findings[0]
		r.Message = fmt.Sprintf("%s:%d: %s", first.File, first.Line, first.What)
		if n := len(r.Findings) - 1; n > 0 {
			r.Message += fmt.Sprintf(", and %d more", n)
		}
	}
}

// build builds the programs for the virtual clock.
func (s *student) build(ctx context.Context, r *record.Record) {
	for _, p := range s.Course.Parts {
		b, err := s.program(ctx, p, record.Virtual)
		var build *campaign.BuildError
		switch {
		case errors.As(err, &build):
			r.Class, r.Message = record.Build, s.said(build.Output)
			return
		case err != nil:
			r.Class, r.Message = record.Infrastructure, err.Error()
			return
		}
		r.Build += s.took(b)
	}
}

// places are what stands before the name of a file of a submission.
var places = regexp.MustCompile(`[^\s:]*[/\\]files-\d+[/\\]`)

// said shortens what the compiler printed.
func (s *student) said(text string) string {
	const most = 20
	text = places.ReplaceAllString(text, "")
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(text), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "# ") // which package it is
	})
	if len(lines) > most {
		lines = append(lines[:most], "...")
	}
	return strings.Join(lines, "\n")
}

// runAll makes the runs of one mode that are due. Those of a part come one after
// the other: which of them are made before the score is settled then depends on
// what came of them alone, and not on which was done first.
func (s *student) runAll(ctx context.Context, m record.Mode) error {
	failed := make(chan error, len(s.Course.Parts))
	var parts sync.WaitGroup
	for i := range s.Course.Parts {
		jobs := s.work(&s.Course.Parts[i]).Left()
		parts.Go(func() {
			for _, j := range jobs {
				if j.Mode != m {
					continue
				}
				if err := s.run(ctx, j); err != nil || ctx.Err() != nil {
					failed <- err
					return
				}
			}
		})
	}
	parts.Wait()
	close(failed)
	var all error
	for err := range failed {
		all = errors.Join(all, err)
	}
	return all
}

// maxRepeats is how often a run is made again for the machine's fault.
const maxRepeats = 2

// run makes one run, unless it can no longer change the score, and records it.
func (s *student) run(ctx context.Context, j grade.Job) error {
	select {
	case s.tokens <- struct{}{}:
		defer func() { <-s.tokens }()
	case <-ctx.Done():
		return nil
	}
	part := s.Course.Part(j.Part)
	if s.work(part).Settled() {
		return nil
	}
	r := record.Record{
		Kind: record.Run, Submission: s.ID, Digest: s.Digest, Attempt: s.attempt,
		Part: j.Part, Mode: j.Mode, K: j.K, Seed: s.Seeds.Of(j.Part, j.K),
	}
	if s.spent() > s.Course.Limits.CPU.Seconds() {
		return s.tooMuch(r, part)
	}
	for ; ; r.Repeats++ {
		again := s.once(ctx, &r, part)
		if ctx.Err() != nil {
			return nil
		}
		if again == nil {
			break
		}
		if r.Repeats == maxRepeats {
			r.Class, r.Cases = record.Infrastructure, nil
			r.Message = fmt.Sprintf("part %s, %s run %d could not be judged in %d tries: %v", j.Part, j.Mode, j.K, 1+maxRepeats, again)
			break
		}
	}
	if err := s.append(r); err != nil {
		return err
	}
	s.watch.Ran(r)
	return nil
}

// once makes one run and says why it must be made again, nil if it need not be.
func (s *student) once(ctx context.Context, r *record.Record, part *course.Part) (again error) {
	b, err := s.program(ctx, *part, r.Mode)
	if err != nil {
		var build *campaign.BuildError
		if errors.As(err, &build) {
			// It was built for the virtual clock: what it holds is not for this one.
			for _, k := range part.Cases {
				r.Cases = append(r.Cases, record.Case{Name: k.Name, Class: record.Build, Message: s.said(build.Output)})
			}
			return nil
		}
		return err
	}
	r.Build += s.took(b)
	batch := b.campaign.RunPart(ctx, b.binaries, r.Part, r.Seed)
	r.Wall, r.CPU = batch.Wall.Seconds(), r.CPU+batch.CPU.Seconds()
	r.Cases = nil
	for _, k := range batch.Results {
		r.Cases = append(r.Cases, s.outcome(k))
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case batch.Fault != nil:
		return batch.Fault
	case slices.ContainsFunc(r.Cases, suspect):
		return s.canary.sing(ctx)
	}
	return nil
}

// spent is the processor time of this attempt so far, in seconds.
func (s *student) spent() (seconds float64) {
	for _, r := range s.runs() {
		seconds += r.CPU
	}
	return seconds
}

// tooMuch records a run that is not made, since others took too long.
func (s *student) tooMuch(r record.Record, part *course.Part) error {
	notMade(&r, part, s.spent(), s.Course.Limits.CPU)
	if err := s.append(r); err != nil {
		return err
	}
	s.watch.Ran(r)
	return nil
}

// notMade fills in the record of a run that is not made. It counts as due, and not
// as passed.
func notMade(r *record.Record, part *course.Part, spent float64, limit course.Duration) {
	r.Class, r.Cases = record.Timeout, nil
	r.Message = fmt.Sprintf("its runs had taken %.0f s of processor time, of at most %v: those after that were not made", spent, limit)
	for _, k := range part.Cases {
		r.Cases = append(r.Cases, record.Case{Name: k.Name, Class: record.Timeout, Message: r.Message})
	}
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
		building, cancel := context.WithTimeout(ctx, s.Course.Limits.Build.Duration)
		b.binaries, b.err = b.campaign.Build(building)
		if building.Err() != nil && ctx.Err() == nil {
			b.err = &campaign.BuildError{Dir: s.ID, Output: fmt.Sprintf("the compiler was not done after %v", s.Course.Limits.Build)}
		}
		cancel()
	}
	s.built[key] = b
	return b, b.err
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
	k := campaign.Campaign{Dir: c.tree, Procs: 1, Clock: clock.Virtual, Deliver: campaign.Mixed, Worker: c.Worker}
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
		k.Runner = s.runner(p.mode)
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
	for place, file := range reference {
		k.Replace[place] = file
	}
	return k, err
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
