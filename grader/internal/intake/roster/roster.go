// Package roster reads the list of a class. It finds the students behind a submission and
// the terms of the submission: when it arrived and when it was due. A [Student] is a line
// of the roster, [Terms] belong to a student or a team, and a [Submitter] is who is graded.
// Start from [Read].
package roster

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/intake/deadline"
	"raftlab/grader/internal/intake/spreadsheet"
)

// Student is one line of a roster. Only the roster has names and addresses: grading knows
// only the id or the name of the team.
type Student struct {
	ID       string
	Name     string
	Email    string
	Team     string    // empty for a student alone
	FreeDays int       // in addition to the course's
	Until    time.Time // an individual deadline; zero for none
	Reason   string    // for either
	HandedIn time.Time // when the work arrived; zero if the roster does not say
	System   string    // id in a learning system, from a column canvas, moodle or gradescope
	Line     int       // line in the roster, from 1

	// The other fields are for gradebooks.
	First   string
	Last    string
	Login   string
	SIS     string // the number in the university's own system
	Section string
}

// Roster is a class list. A nil Roster is empty.
type Roster struct {
	Students []Student
	Unknown  []string // headings of columns that grading ignores, safe to print
}

// columns are the recognized headings, each with its synonyms.
var columns = [][]string{
	{"id", "student_id", "sid", "sis_user_id"}, {"name", "student", "full_name"}, {"email", "mail", "email_address"},
	{"team", "group"}, {"late_days"}, {"extension", "until"}, {"reason"}, {"handed_in", "submitted"},
	{"system", "canvas", "canvas_id", "moodle", "moodle_id", "gradescope", "gradescope_id"},
}

// forGradebooks maps the headings that only gradebooks use to setters. Headings are
// compared without case, spaces, underscores and hyphens.
var forGradebooks = map[string]func(*Student, string){
	"firstname": func(s *Student, v string) { s.First = v },
	"lastname":  func(s *Student, v string) { s.Last = v },
	"login":     func(s *Student, v string) { s.Login = v },
	"sis":       func(s *Student, v string) { s.SIS = v },
	"section":   func(s *Student, v string) { s.Section = v },
}

// idForm matches ids, which become file names.
var idForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// IsID reports whether a text is a valid id.
func IsID(text string) bool { return idForm.MatchString(text) }

// Read reads a CSV file with a line of headings. The column id is required. Optional
// columns are name, email, team, late_days, extension (a date, which means the end of that
// day, or a time such as 2026-03-01 18:00), reason, handed_in (the arrival, if the
// download does not have it), canvas or moodle for the student's id there, and first_name,
// last_name, login, sis and section for gradebooks. Errors name each faulty line.
func Read(file string) (*Roster, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var roster *Roster
	err = guard.Run("reading the roster", func() error {
		roster, err = parse(text)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return roster, nil
}

func parse(text []byte) (*Roster, error) {
	r, err := spreadsheet.Read(text)
	if err != nil {
		return nil, err
	}
	first, err := r.Read()
	if err == io.EOF {
		return nil, errors.New("it is empty: its first line must name the columns, such as id,name,email,team,late_days,extension,reason")
	}
	if err != nil {
		return nil, err
	}
	roster := &Roster{}
	places, others := map[string]int{}, map[string]int{}
	for i, name := range first {
		key := strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(name)))
		at := slices.IndexFunc(columns, func(names []string) bool { return slices.Contains(names, key) })
		if at < 0 {
			roster.Unknown = append(roster.Unknown, sanitize.Name(name))
			others[name] = i
			continue
		}
		key = columns[at][0]
		if _, ok := places[key]; ok {
			return nil, fmt.Errorf("line 1: two columns mean %s", key)
		}
		places[key] = i
	}
	if _, ok := places["id"]; !ok {
		return nil, fmt.Errorf("line 1: there is no column id among %s; separate columns with commas, semicolons or tabs, the same in all lines", strings.Join(first, ", "))
	}
	var faults []error
	for {
		fields, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, errors.Join(append(faults, err)...) // the error names the line
		}
		line, _ := r.FieldPos(0)
		if strings.TrimSpace(strings.Join(fields, "")) == "" {
			continue
		}
		in := func(columns map[string]int, name string) string {
			if i, ok := columns[name]; ok && i < len(fields) {
				return strings.TrimSpace(fields[i])
			}
			return ""
		}
		s, err := student(line, func(column string) string { return in(places, column) })
		for _, name := range slices.Sorted(maps.Keys(others)) {
			if set := forGradebooks[strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(name))]; set != nil {
				set(&s, in(others, name))
			}
		}
		if len(fields) > len(first) {
			err = errors.Join(err, fmt.Errorf("line %d: it has %d fields, but there are %d columns; put quotes around a field that contains a %s", line, len(fields), len(first), spreadsheet.Separator(r)))
		}
		if err != nil {
			faults = append(faults, err)
			continue
		}
		roster.Students = append(roster.Students, s)
	}
	if err := errors.Join(append(faults, roster.duplicates()...)...); err != nil {
		return nil, err
	}
	if len(roster.Students) == 0 {
		return nil, errors.New("it has no student")
	}
	return roster, nil
}

func student(line int, field func(string) string) (s Student, err error) {
	s = Student{ID: field("id"), Name: field("name"), Email: field("email"), Team: field("team"), Reason: field("reason"), System: field("system"), Line: line}
	fault := func(format string, args ...any) (Student, error) {
		return s, fmt.Errorf("line %d: "+format, append([]any{line}, args...)...)
	}
	if s.ID == "" {
		return fault("there is no id")
	}
	if !idForm.MatchString(s.ID) {
		return fault("id %q: expected at most 64 letters, digits and . _ -, because the id is used in file names", s.ID)
	}
	if s.Team != "" && !idForm.MatchString(s.Team) {
		return fault("team %q: expected at most 64 letters, digits and . _ -, because the name is used in file names", s.Team)
	}
	if days := field("late_days"); days != "" {
		if s.FreeDays, err = strconv.Atoi(days); err != nil || s.FreeDays < 0 || s.FreeDays > deadline.MostDays {
			return fault("late_days %q: expected a whole number from 0 to %d", days, deadline.MostDays)
		}
	}
	if came := field("handed_in"); came != "" {
		if s.HandedIn, err = deadline.Parse(came); err != nil {
			return fault("handed_in %q: expected a time such as 2026-03-01 18:00, or a date", came)
		}
	}
	if until := field("extension"); until != "" {
		if s.Until, err = deadline.Parse(until); err != nil {
			return fault("extension %q: expected a date such as 2026-03-01, or a time such as 2026-03-01 18:00", until)
		}
		if s.Reason == "" {
			return fault("an extension needs its reason, in the column reason")
		}
	}
	return s, nil
}

// duplicates finds ids and addresses that occur more than once, and teams with a student's id.
func (r *Roster) duplicates() (faults []error) {
	ids, mails := map[string]int{}, map[string]int{}
	for _, s := range r.Students {
		for _, k := range []struct {
			what, value string
			seen        map[string]int
		}{{"id", s.ID, ids}, {"email", s.Email, mails}} {
			key := strings.ToLower(k.value)
			if key == "" {
				continue
			}
			if line, ok := k.seen[key]; ok {
				faults = append(faults, fmt.Errorf("line %d: %s %s is already on line %d", s.Line, k.what, k.value, line))
				continue
			}
			k.seen[key] = s.Line
		}
	}
	for _, s := range r.Students {
		if line, ok := ids[strings.ToLower(s.Team)]; ok && s.Team != "" {
			faults = append(faults, fmt.Errorf("line %d: team %s has the same name as the student on line %d", s.Line, s.Team, line))
		}
	}
	return faults
}

// Members returns the students with an id, which is their own or their team's.
func (r *Roster) Members(id string) (members []Student) {
	if r == nil {
		return nil
	}
	for _, s := range r.Students {
		if s.ID == id || s.Team == id {
			members = append(members, s)
		}
	}
	return members
}

// Key returns the id of a student's submission: the team's, or the student's own.
func (s Student) Key() string { return cmp.Or(s.Team, s.ID) }

// Keys returns the ids of the expected submissions, in the order of the roster.
func (r *Roster) Keys() (keys []string) {
	seen := map[string]bool{}
	for _, s := range r.Students {
		if k := s.Key(); !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	return keys
}

// Match returns the key of the students who satisfy the first rule that any student
// satisfies. several is true if these students have different keys.
func (r *Roster) Match(rules []func(Student) bool) (key string, several bool) {
	for _, is := range rules {
		keys := map[string]bool{}
		for _, s := range r.Students {
			if is(s) {
				key = s.Key()
				keys[key] = true
			}
		}
		if len(keys) > 0 {
			return key, len(keys) > 1
		}
	}
	return "", false
}

// Graded returns the students who get the grade of a submission.
func (r *Roster) Graded(submission string) (students []Student) {
	if r == nil {
		return nil
	}
	for _, s := range r.Students {
		if s.Key() == submission {
			students = append(students, s)
		}
	}
	return students
}

// Names returns the names of the members of each submission, by its id.
func (r *Roster) Names() map[string]string {
	names := map[string]string{}
	if r == nil {
		return names
	}
	for _, s := range r.Students {
		if name := s.FullName(); name != "" {
			names[s.Key()] = strings.TrimPrefix(names[s.Key()]+", "+name, ", ")
		}
	}
	return names
}

// FullName returns first and last name as one text.
func (s Student) FullName() string {
	return sanitize.Line(cmp.Or(s.Name, strings.TrimSpace(s.First+" "+s.Last)))
}

// SortName returns the name with the last name first, as gradebooks show it.
func (s Student) SortName() string {
	if s.Last != "" {
		return sanitize.Line(strings.Trim(s.Last+", "+s.First, ", "))
	}
	return s.FullName()
}
