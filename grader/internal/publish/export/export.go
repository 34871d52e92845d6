// Package export writes grades in the forms that other systems take, one form a
// file. Start from [Formats].
//
// A form of one submission is what a grading system shows to a student; a form of
// the class is what a gradebook takes. Names come from the roster and from nowhere
// else. What a submission wrote is in them as plain text, never as markup, and
// never as a formula.
//
// The reasons for its design are in docs/decisions/0017-published-output.md.
package export

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake/roster"
)

// Format is a form that some system takes.
type Format struct {
	Name   string
	About  string // one line
	File   string // what the system calls the file
	Fields []Field
	// One writes one submission; All a whole class. A format has one of the two.
	One func(io.Writer, Job, grades.Grade) error
	All func(io.Writer, Job) error
}

// Field is something that a system wants to be told and that no grade holds.
type Field struct {
	Name, About string
	Default     string // "-" if there must be one
}

// Formats returns all formats in the order of their names.
func Formats() []Format {
	all := []Format{gradescope(), classroom50(), autolab(), prairielearn(), canvas(), nbgrader(), junit(), ctrf(), csvFormat()}
	slices.SortFunc(all, func(a, b Format) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// Find returns the format of that name.
func Find(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("there is no format %q; there are %s", name, strings.Join(names, ", "))
}

// Job is what is exported.
type Job struct {
	Grades  grades.Document
	Records []record.Record // may be nil; with them, each run is told of where a format has room
	Roster  *roster.Roster  // may be nil: people are then known by the ids of their submissions
	Fields  map[string]string
	// Visibility says who sees results on systems that ask, and Held who sees
	// those of the cases that students do not have.
	Visibility, Held string
	Limit            int // bytes that the system takes; set by the format
}

// field returns what the course said of a field, or its default.
func (j Job) field(name, otherwise string) string {
	return sanitize.Line(cmp.Or(j.Fields[name], otherwise))
}

// Check says which fields are unknown or missing.
func (f Format) Check(fields map[string]string) error {
	for name := range fields {
		known := slices.ContainsFunc(f.Fields, func(k Field) bool { return k.Name == name || k.Name == "PART" && looksLikePart(name) })
		if !known {
			return fmt.Errorf("format %s has no field %q; it has %s", f.Name, name, f.fieldNames())
		}
	}
	for _, k := range f.Fields {
		if k.Default == "-" && fields[k.Name] == "" {
			return fmt.Errorf("format %s needs to be told %s (%s): give --set %s=VALUE", f.Name, k.Name, k.About, k.Name)
		}
	}
	return nil
}

func looksLikePart(name string) bool { return len(name) == 2 && name[0] >= '0' && name[0] <= '9' }

func (f Format) fieldNames() string {
	var names []string
	for _, k := range f.Fields {
		names = append(names, k.Name)
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Submission returns the submission of that id.
func (j Job) Submission(id string) (grades.Grade, error) {
	for _, s := range j.Grades.Submissions {
		if s.ID == id {
			return s, nil
		}
	}
	return grades.Grade{}, fmt.Errorf("there is no submission %q in these results: they hold %d", id, len(j.Grades.Submissions))
}

// writeJSON writes what value points at so that people can read it too. Characters
// that HTML knows are written as escapes: some systems paste JSON into pages.
func writeJSON(w io.Writer, value any) error {
	sanitize.Each(value, sanitize.Text)
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(value)
}

// maxCase bounds what is told of one case. A page of failures is more than anybody
// reads.
const maxCase = 4 << 10

// told is what a student is told of a case, as plain text.
func told(k grades.HeaderCase, c grades.Case) string {
	var b strings.Builder
	if c.Runs > 0 {
		fmt.Fprintf(&b, "Passed in %d of %d runs; the true rate is between %.1f %% and %.1f %% (95 %% confidence).\n", c.Passed, c.Runs, 100*c.Low, 100*c.High)
	} else {
		b.WriteString("It was not run.\n")
	}
	for _, m := range record.Modes()[1:] {
		if n, ok := c.Modes[m]; ok && n.Runs > 0 {
			fmt.Fprintf(&b, "%s: %d of %d.\n", modeName(m), n.Passed, n.Runs)
		}
	}
	if c.Why != "" {
		fmt.Fprintf(&b, "%s.\n", strings.TrimRight(sanitize.Line(c.Why), "."))
	}
	for i, f := range c.Failures {
		if i == 3 {
			fmt.Fprintf(&b, "\nand %d other kinds of failure.\n", len(c.Failures)-3)
			break
		}
		fmt.Fprintf(&b, "\n%s, %s:\n%s\n", cmp.Or(sanitize.Line(f.Property), string(f.Class)), times(f.Count), sanitize.Cut(sanitize.Text(f.Message), maxCase/4))
		if f.Paper != "" {
			fmt.Fprintf(&b, "paper: %s\n", sanitize.Line(f.Paper))
		}
		if f.Read != "" {
			fmt.Fprintf(&b, "read:  handouts/%s\n", sanitize.Line(f.Read))
		}
		fmt.Fprintf(&b, "rerun: %s\n", again(f))
	}
	for _, w := range c.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", sanitize.Cut(sanitize.Text(w), maxCase/4))
	}
	return sanitize.Cut(strings.TrimSpace(b.String()), maxCase)
}

func modeName(m record.Mode) string {
	return map[record.Mode]string{
		record.Virtual: "On the virtual clock", record.Race: "With the race detector",
		record.Exact: "On the exact clock", record.Real: "On the real clock",
	}[m]
}

// again is the command that repeats the first failure of a kind.
func again(f grades.Failure) string {
	line := fmt.Sprintf("go run ./grader run --run 'Test%s$' --seed %d --runs 1", f.Case, f.Seed)
	switch f.Mode {
	case record.Race:
		line += " --race"
	case record.Exact:
		line += " --clock exact --engine " + cmp.Or(f.Engine, "wasm")
	case record.Real:
		line += " --clock real"
	}
	return line + " ."
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// summary is what a student is told of the whole, as plain text.
func (j Job) summary(s grades.Grade) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s points.\n", number(s.Score), number(s.Points))
	switch s.Status {
	case grades.Refused:
		fmt.Fprintf(&b, "It was not run (%s):\n%s\n", s.Class, sanitize.Cut(sanitize.Text(s.Why), maxCase))
	case grades.Partial:
		b.WriteString("Not all runs were made: those that are missing count as failed.\n")
	case grades.Look:
		b.WriteString("A person will look at this grade: the machine was not well, or time ran out.\n")
	}
	for i, f := range s.Findings {
		if i == 20 {
			fmt.Fprintf(&b, "and %d more\n", len(s.Findings)-i)
			break
		}
		fmt.Fprintf(&b, "%s:%d: %s\n", sanitize.Line(f.File), f.Line, finding(f))
	}
	for _, d := range s.Deductions {
		fmt.Fprintf(&b, "%s points off: %s\n", number(d.Points), sanitize.Line(d.Reason))
	}
	if l := s.Late; l != nil {
		fmt.Fprintf(&b, "%d days late, %d of them free: %s points off\n", l.Days, l.Free, number(l.Points))
	}
	for _, o := range s.Overrides {
		fmt.Fprintf(&b, "decided by the staff: %s instead of %s points (%s)\n", number(o.Score), number(o.Was), sanitize.Line(o.Reason))
	}
	for _, w := range s.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", sanitize.Cut(sanitize.Line(w), maxCase/4))
	}
	fmt.Fprintf(&b, "\nGraded with lab %s, %s, configuration %s. Seeds are made from a secret of which the SHA-256 is %s.\n",
		sanitize.Line(j.Grades.Header.Lab), sanitize.Line(j.Grades.Header.Go), j.Grades.Header.Config, j.Grades.Header.Commitment)
	return sanitize.Text(b.String())
}

// finding says on a line what is refused, why, and what to do instead.
func finding(f record.Finding) string {
	var parts []string
	for _, p := range []string{f.What, f.Why, f.Instead} {
		if p = strings.TrimSuffix(sanitize.Line(p), "."); p != "" {
			parts = append(parts, p)
		}
	}
	return sanitize.Cut(strings.Join(parts, ". ")+".", maxCase/4)
}

// eachCase calls f with each case of a submission and what the course says of it,
// those that were not run included.
func (j Job) eachCase(s grades.Grade, f func(part grades.HeaderPart, k grades.HeaderCase, c grades.Case)) {
	for _, p := range j.Grades.Header.Parts {
		for _, k := range p.Cases {
			found := grades.Case{Name: k.Name, Points: k.Points, Held: k.Held}
			for _, own := range s.Parts {
				for _, c := range own.Cases {
					if own.Name == p.Name && c.Name == k.Name {
						found = c
					}
				}
			}
			f(p, k, found)
		}
	}
}

// shown is how a case goes by on systems that show all of it to the student, and
// what it is about: of one that is held back nothing.
func shown(k grades.HeaderCase) (name, title string) {
	if k.Held {
		return "held back", "a case that is held back"
	}
	return k.Name, k.Title
}

// fullScore reports whether a case has all its points; one that is worth none must
// have passed in every run.
func fullScore(c grades.Case) bool {
	if c.Points == 0 {
		return c.Runs > 0 && c.Passed == c.Runs
	}
	return c.Score >= c.Points
}

// number writes points without digits that say nothing.
func number(p float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", p), "0"), ".")
}

// spent is the real time of a submission's runs, in seconds.
func (j Job) spent(s grades.Grade) (wall float64) {
	for _, r := range j.Records {
		if r.Submission == s.ID && r.Digest == s.Digest {
			wall += r.Wall
		}
	}
	return cmp.Or(wall, s.CPU)
}

// caseWall is the mean of a case's real time in seconds, 0 if unknown.
func (j Job) caseWall(s grades.Grade, name string) float64 {
	sum, n := 0.0, 0
	for _, r := range j.Records {
		if r.Submission != s.ID || r.Digest != s.Digest {
			continue
		}
		for _, c := range r.Cases {
			if c.Name == name {
				sum += c.Wall
				n++
			}
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// short cuts a text at a number of letters.
func short(text string, letters int) string {
	if utf8.RuneCountInString(text) <= letters {
		return text
	}
	return string([]rune(text)[:letters-1]) + "…"
}
