package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/internal/leftover"
)

// runPage is the page of a run in which a case failed.
type runPage struct {
	page
	failedRow
	Student  link
	CaseName string // its title
	Which    string // description of the run
	Reason   string
	Read     string
	Paper    string
	Decided  string
	Warnings []string
	Virtual  float64
	Wall     float64
	Hash     string
	Lab, Go  string
	Rerun    []command
	Stacks   []Stack
	Saved    []savedFile
	Trace    string // file of the trace, "" if there is none
	Output   string

	attachments []attachment
}

// command is a command line with an explanation.
type command struct{ Why, Line string }

// savedFile is a file that the failed run saved.
type savedFile struct {
	File, Name string
	Bytes      int
}

// attachment is a file that belongs to a page.
type attachment struct {
	to   string
	text []byte
}

// Maximum sizes of texts on a page and of attachments, in bytes.
const (
	maxShown    = 32 << 10
	maxAttached = 16 << 20
)

// failures returns the failed runs. Some of them get a page, as far as the limit allows;
// the others are only rows.
func (b *builder) failures(s *grades.Grade, runs []record.Record) (failed []runPage) {
	pages := map[string]int{}
	for _, r := range runs {
		for _, c := range r.Cases {
			if c.Outcome == record.Passed {
				continue
			}
			p := runPage{failedRow: failedRow{
				Case: c.Name, Part: r.Part, Mode: r.Mode, K: r.K, Seed: r.Seed, Outcome: c.Outcome, Property: sanitize.Line(c.Property),
			}}
			p.Reason = b.reason(c)
			p.Message = brief(p.Reason, 300)
			kind := fmt.Sprint(c.Name, c.Outcome, c.Property)
			if pages[kind] < b.site.Failures {
				pages[kind]++
				b.fill(&p, s, r, c)
			}
			failed = append(failed, p)
		}
	}
	return failed
}

// reason returns the message of the failure.
func (b *builder) reason(c record.CaseResult) string {
	if b.site.Anonymous && quotesSubmission(c.Outcome) {
		return "(text from the submission is left out here)"
	}
	return sanitize.Cut(clean(c.Message), maxShown)
}

// fill fills in the page of a run.
func (b *builder) fill(p *runPage, s *grades.Grade, r record.Record, c record.CaseResult) {
	p.Page = fmt.Sprintf("runs/%s/%s-%s-%d.html", b.people.slug(s.ID), slug(c.Name), r.Mode, r.K)
	p.page = page{File: p.Page, Home: b.home, Title: fmt.Sprintf("%s, %s: %s", c.Name, label(r.Mode, r.K), c.Outcome.Label())}
	p.CaseName, p.Which = b.titleOf(c.Name), label(r.Mode, r.K)
	p.Read, p.Paper, p.Decided = sanitize.Line(c.Read), sanitize.Line(c.Paper), sanitize.Line(c.Decided)
	if !b.site.Anonymous { // a warning may quote the program
		for _, w := range c.Warnings {
			p.Warnings = append(p.Warnings, clean(w))
		}
	}
	p.Virtual, p.Wall, p.Hash, p.Lab, p.Go = c.Virtual, c.Wall, c.Hash, r.Lab, r.Go
	p.Rerun = rerunCommands(c.Name, r)
	if !b.site.Anonymous {
		b.attach(p, c, r.Seed)
	}
}

// rerunCommands returns the commands that reproduce a run, in a tree with the submission.
func rerunCommands(name string, r record.Record) []command {
	run := fmt.Sprintf("go run ./grader run --run 'Test%s$' --seed %d --runs 1", name, r.Seed)
	const exactly = "go run ./grader replay --clock exact"
	replay := fmt.Sprintf("%s --run 'Test%s$' --seed %d --times 2 .", exactly, name, r.Seed)
	switch r.Mode {
	case record.Race:
		return []command{{"the same seed with the race detector; a race may take more than one run to show", fmt.Sprintf("go run ./grader run --run 'Test%s$' --seed %d --runs 20 --race .", name, r.Seed)}}
	case record.Exact:
		return []command{{"the same run, to the byte", strings.Replace(replay, exactly, exactly+" --engine "+cmp.Or(r.Engine, "wasm"), 1)}}
	case record.Real:
		return []command{{"the same faults; on the real clock runs differ", run + " --clock real ."}}
	}
	return []command{{"the same run", run + " ."}, {"the same faults on the exact clock, which repeats to the byte", replay}}
}

// attach attaches the files of a failure to the page.
func (b *builder) attach(p *runPage, c record.CaseResult, seed uint64) {
	found := b.savedBy(c.Log)
	if c.Log != "" { // the folder of the case is beside the log of its process
		found = append(found, b.savedBy(path.Join(path.Dir(filepath.ToSlash(c.Log)), fmt.Sprintf("%s-seed%d", c.Name, seed)))...)
	}
	for _, f := range found {
		to := strings.TrimSuffix(p.Page, ".html") + "-" + slug(strings.TrimSuffix(f.name, path.Ext(f.name))) + ".txt"
		text := []byte(withoutPaths(sanitize.Text(string(f.text))))
		switch {
		case f.name == "result.json", f.name == leftover.Page: // the record and the trace have the same content
			continue
		case path.Ext(f.name) == ".jsonl":
			// A trace is JSON, which consists of plain text already.
			to, text = strings.TrimSuffix(to, ".txt")+".jsonl", f.text
			p.Trace = to
		case f.name == "again.txt":
			if line := sanitize.Line(string(f.text)); line != "" {
				p.Rerun = append([]command{{"as the run itself printed, in the package's directory", line}}, p.Rerun...)
			}
			continue
		case len(p.Stacks) == 0:
			p.Stacks = stacks(f.text)
		}
		if strings.HasSuffix(f.name, ".log") || strings.Contains(f.name, "output") {
			p.Output = sanitize.Cut(string(text), maxShown)
		}
		p.attachments = append(p.attachments, attachment{to, text})
		p.Saved = append(p.Saved, savedFile{to, f.name, len(text)})
	}
}

// file is a file that a failed run saved.
type file struct {
	name string
	text []byte
}

// savedBy reads the files of a failure: one file, or those of a folder, below the results
// folder.
func (b *builder) savedBy(log string) (found []file) {
	if log == "" || !filepath.IsLocal(filepath.FromSlash(log)) {
		return nil
	}
	// Links cannot lead out of the results folder.
	root, err := os.OpenRoot(b.site.Results)
	if err != nil {
		return nil
	}
	defer root.Close()
	names := []string{log}
	if entries, err := fs.ReadDir(root.FS(), path.Clean(filepath.ToSlash(log))); err == nil {
		names = nil
		for _, e := range entries {
			if e.Type().IsRegular() {
				names = append(names, path.Join(filepath.ToSlash(log), e.Name()))
			}
		}
		slices.Sort(names)
	}
	for _, name := range names {
		text, err := root.ReadFile(filepath.FromSlash(name))
		if err == nil && len(text) <= maxAttached && len(bytes.TrimSpace(text)) > 0 {
			found = append(found, file{path.Base(name), text})
		}
	}
	return found
}
