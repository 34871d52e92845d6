// Package export writes grades in the formats of other systems, one format a file. Start
// from [Formats].
//
// A format for single submissions is shown to students by a grading system; a format for
// the class is read by a gradebook. Names come from the roster only. Text from submissions
// is written as plain text, never as markup or formulas.
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

// Format is a format of another system.
type Format struct {
	Name   string
	About  string // one line
	File   string // the system's name for the file
	Fields []Field
	// One writes one submission; All writes the whole class. A format has at least one of
	// them.
	One func(io.Writer, Job, grades.Grade) error
	All func(io.Writer, Job) error
}

// Field is a value that the system needs and that grades do not contain.
type Field struct {
	Name, About string
	Default     string // "-" for a required field
}

// Formats returns all formats, sorted by name.
func Formats() []Format {
	all := []Format{gradescope(), classroom50(), autolab(), prairielearn(), canvas(), nbgrader(), junit(), ctrf(), csvFormat()}
	slices.SortFunc(all, func(a, b Format) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// Find returns the format with that name.
func Find(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("unknown format %q; expected one of %s", name, strings.Join(names, ", "))
}

// Job is the data to export.
type Job struct {
	Grades  grades.ClassGrades
	Records []record.Record // may be nil; formats that list single runs need them
	Roster  *roster.Roster  // may be nil; people are then identified by the ids of their submissions
	Fields  map[string]string
	// Visibility says who sees results, on systems that support this, and Held who sees
	// those of held-back cases.
	Visibility, Held string
	Limit            int // maximum size in bytes; 0 for the format's default
}

// field returns the value of a field, or its default.
func (j Job) field(name, otherwise string) string {
	return sanitize.Line(cmp.Or(j.Fields[name], otherwise))
}

// Check returns an error for unknown or missing fields.
func (f Format) Check(fields map[string]string) error {
	for name := range fields {
		known := slices.ContainsFunc(f.Fields, func(k Field) bool { return k.Name == name || k.Name == "PART" && looksLikePart(name) })
		if !known {
			return fmt.Errorf("unknown field %[2]q of format %[1]s; expected one of %[3]s", f.Name, name, f.fieldNames())
		}
	}
	for _, k := range f.Fields {
		if k.Default == "-" && fields[k.Name] == "" {
			return fmt.Errorf("format %s needs the field %s (%s); use --set %s=VALUE", f.Name, k.Name, k.About, k.Name)
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

// Submission returns the submission with that id.
func (j Job) Submission(id string) (grades.Grade, error) {
	for _, s := range j.Grades.Submissions {
		if s.ID == id {
			return s, nil
		}
	}
	return grades.Grade{}, fmt.Errorf("unknown submission %q; these results hold %d", id, len(j.Grades.Submissions))
}

// writeJSON writes the value in a readable form. It escapes characters that are special in
// HTML, because some systems paste JSON into pages.
func writeJSON(w io.Writer, value any) error {
	sanitize.Each(value, sanitize.Text)
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(value)
}

// maxCase bounds the text about one case, in bytes.
const maxCase = 4 << 10

// caseText returns what a student reads about a case, as plain text.
func caseText(k grades.HeaderCase, c grades.CaseGrade) string {
	var b strings.Builder
	switch {
	case c.Runs > 0 && fullScore(c):
		fmt.Fprintf(&b, "Passed in %d of %d runs.\n", c.Passed, c.Runs)
	case c.Runs > 0:
		fmt.Fprintf(&b, "Passed in %d of %d runs; the true rate is between %.1f %% and %.1f %% (95 %% confidence).\n", c.Passed, c.Runs, 100*c.Low, 100*c.High)
	default:
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
		fmt.Fprintf(&b, "\n%s, %s:\n%s\n", cmp.Or(sanitize.Line(f.Property), f.Outcome.Label()), times(f.Count), sanitize.Cut(sanitize.Text(f.Message), maxCase/4))
		if f.Paper != "" {
			fmt.Fprintf(&b, "paper: %s\n", sanitize.Line(f.Paper))
		}
		if f.Read != "" {
			fmt.Fprintf(&b, "read:  handouts/%s\n", sanitize.Line(f.Read))
		}
		fmt.Fprintf(&b, "rerun: %s\n", rerunCommand(f))
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

// rerunCommand returns the command that reproduces the first failure of a kind.
func rerunCommand(f grades.Failure) string {
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

// summary returns what a student reads about the whole submission, as plain text.
func (j Job) summary(s grades.Grade) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s points.\n", number(s.Score), number(s.Points))
	switch s.Status {
	case grades.Refused:
		fmt.Fprintf(&b, "It was not run (%s):\n%s\n", s.Outcome.Label(), sanitize.Cut(sanitize.Text(s.Why), maxCase))
	case grades.Partial:
		b.WriteString("Not all runs were made; missing runs count as failed.\n")
	case grades.NeedsReview:
		b.WriteString("A person will review this grade, because the machine failed or the processor time was used up.\n")
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
	fmt.Fprintf(&b, "\nGraded with lab %s, %s, configuration %s. Seeds are derived from a secret with the SHA-256 %s.\n",
		sanitize.Line(j.Grades.Header.Lab), sanitize.Line(j.Grades.Header.Go), j.Grades.Header.Config, j.Grades.Header.Commitment)
	return sanitize.Text(b.String())
}

// finding returns a line that says what is refused, why, and what to do instead.
func finding(f record.Finding) string {
	var parts []string
	for _, p := range []string{f.What, f.Why, f.Instead} {
		if p = strings.TrimSuffix(sanitize.Line(p), "."); p != "" {
			parts = append(parts, p)
		}
	}
	return sanitize.Cut(strings.Join(parts, ". ")+".", maxCase/4)
}

// eachCase calls f for each case of a submission and the course's data about it, including
// cases that were not run.
func (j Job) eachCase(s grades.Grade, f func(part grades.HeaderPart, k grades.HeaderCase, c grades.CaseGrade)) {
	for _, p := range j.Grades.Header.Parts {
		for _, k := range p.Cases {
			found := grades.CaseGrade{Name: k.Name, Points: k.Points, Held: k.Held}
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

// shownName returns the name and title of a case for systems that show everything to the
// student. It hides those of held-back cases.
func shownName(k grades.HeaderCase) (name, title string) {
	if k.Held {
		return "held back", "a case that is held back"
	}
	return k.Name, k.Title
}

// fullScore reports whether a case has all its points. A case without points must have
// passed in every run.
func fullScore(c grades.CaseGrade) bool {
	if c.Points == 0 {
		return c.Runs > 0 && c.Passed == c.Runs
	}
	return c.Score >= c.Points
}

// number formats points without trailing zeros.
func number(p float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", p), "0"), ".")
}

// wallTime returns the real time of a submission's runs, in seconds.
func (j Job) wallTime(s grades.Grade) (wall float64) {
	for _, r := range j.Records {
		if r.Submission == s.ID && r.Digest == s.Digest {
			wall += r.Wall
		}
	}
	return cmp.Or(wall, s.CPU)
}

// caseWall returns the mean real time of a case in seconds, 0 if it is not known.
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

// short cuts a text to a number of characters.
func short(text string, letters int) string {
	if utf8.RuneCountInString(text) <= letters {
		return text
	}
	return string([]rune(text)[:letters-1]) + "…"
}
