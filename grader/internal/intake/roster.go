package intake

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"raftlab/grader/internal/course"
	"raftlab/grader/internal/guard"
	"raftlab/grader/internal/spreadsheet"
)

// Student is one line of a roster. Names and addresses are in it alone: all that
// goes on is the id, or the team's name.
type Student struct {
	ID       string
	Name     string
	Email    string
	Team     string    // empty for a student alone
	LateDays int       // free days beside the course's
	Until    time.Time // a deadline of this student's own; zero for none
	Reason   string    // for either
	HandedIn time.Time // when the work came; zero if the roster does not say
	System   string    // number in a learning system, from a column canvas, moodle or gradescope
	Line     int       // of the roster on which the student stands, from 1

	// Other holds what is in the columns that mean nothing here, by their headings
	// as they are written; nil if the roster has none.
	Other map[string]string
}

// Roster is a class list.
type Roster struct {
	Students []Student
	Unknown  []string // headings of columns that mean nothing here, fit to be shown
}

// columns are the headings that a roster may have; their other names come after
// them.
var columns = [][]string{
	{"id", "student_id", "sid", "sis_user_id"}, {"name", "student", "full_name"}, {"email", "mail", "email_address"},
	{"team", "group"}, {"late_days"}, {"extension", "until"}, {"reason"}, {"handed_in", "submitted"},
	{"system", "canvas", "canvas_id", "moodle", "moodle_id", "gradescope", "gradescope_id"},
}

// idForm is what an id may look like: it becomes the name of files.
var idForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// ReadRoster reads a CSV file with a line of headings: id, and as many as wanted
// of name, email, team, late_days, extension (a date, until the end of which the
// work may come, or a time such as 2026-03-01 18:00), reason, handed_in (when the work
// came, if the download does not say), and canvas or moodle for the number that the
// student has there. Its errors name each line at fault.
func ReadRoster(file string) (*Roster, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var roster *Roster
	err = guard.Run("reading the roster", func() error {
		roster, err = parseRoster(text)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return roster, nil
}

func parseRoster(text []byte) (*Roster, error) {
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
			roster.Unknown = append(roster.Unknown, display(name))
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
		return nil, fmt.Errorf("line 1: there is no column id, but %s; columns are separated by commas, semicolons or tabs, the same ones in all lines", strings.Join(first, ", "))
	}
	var faults []error
	for {
		fields, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, errors.Join(append(faults, err)...) // says the line itself
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
		for name := range others {
			if s.Other == nil {
				s.Other = map[string]string{}
			}
			s.Other[name] = in(others, name)
		}
		if len(fields) > len(first) {
			err = errors.Join(err, fmt.Errorf("line %d: it has %d fields, and there are %d columns; put quotes around a field with a %s in it", line, len(fields), len(first), spreadsheet.Separator(r)))
		}
		if err != nil {
			faults = append(faults, err)
			continue
		}
		roster.Students = append(roster.Students, s)
	}
	if err := errors.Join(append(faults, roster.twice()...)...); err != nil {
		return nil, err
	}
	if len(roster.Students) == 0 {
		return nil, errors.New("it names no student")
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
		return fault("id %q: ids are of letters, digits and . _ -, at most 64 of them, for they name files", s.ID)
	}
	if s.Team != "" && !idForm.MatchString(s.Team) {
		return fault("team %q: names of teams are of letters, digits and . _ -, at most 64 of them, for they name files", s.Team)
	}
	if days := field("late_days"); days != "" {
		if s.LateDays, err = strconv.Atoi(days); err != nil || s.LateDays < 0 || s.LateDays > course.MostDays {
			return fault("late_days %q: give a whole number of days, from 0 to %d", days, course.MostDays)
		}
	}
	if came := field("handed_in"); came != "" {
		if s.HandedIn, err = course.ParseMoment(came); err != nil {
			return fault("handed_in %q: give a time such as 2026-03-01 18:00, or a date", came)
		}
	}
	if until := field("extension"); until != "" {
		if s.Until, err = course.ParseMoment(until); err != nil {
			return fault("extension %q: give a date such as 2026-03-01, or a time such as 2026-03-01 18:00", until)
		}
		if s.Reason == "" {
			return fault("an extension needs its reason, in the column reason")
		}
	}
	return s, nil
}

// twice finds what must be there once.
func (r *Roster) twice() (faults []error) {
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
				faults = append(faults, fmt.Errorf("line %d: %s %s is on line %d already", s.Line, k.what, k.value, line))
				continue
			}
			k.seen[key] = s.Line
		}
	}
	for _, s := range r.Students {
		if line, ok := ids[strings.ToLower(s.Team)]; ok && s.Team != "" {
			faults = append(faults, fmt.Errorf("line %d: team %s has the name of the student on line %d", s.Line, s.Team, line))
		}
	}
	return faults
}

// Members returns the students behind an id, which is theirs or their team's.
func (r *Roster) Members(id string) (members []Student) {
	for _, s := range r.Students {
		if s.ID == id || s.Team == id {
			members = append(members, s)
		}
	}
	return members
}

// key is the id that a student's submission goes by.
func (s Student) key() string {
	if s.Team != "" {
		return s.Team
	}
	return s.ID
}

// Keys returns the ids that submissions are expected from, in the roster's
// order.
func (r *Roster) Keys() (keys []string) {
	seen := map[string]bool{}
	for _, s := range r.Students {
		if k := s.key(); !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	return keys
}

// find returns the key of the students for whom the first rule holds that holds
// for any, or that they have several.
func (r *Roster) find(rules []func(Student) bool) (key string, several bool) {
	for _, is := range rules {
		keys := map[string]bool{}
		for _, s := range r.Students {
			if is(s) {
				key = s.key()
				keys[key] = true
			}
		}
		if len(keys) > 0 {
			return key, len(keys) > 1
		}
	}
	return "", false
}

// squeezed is a name without all but its letters and digits, in lower case, as
// Canvas makes the names of files.
func squeezed(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// lastFirst tells whether a squeezed name, the family name before the others, is
// a person's. Where the family name begins is not known: any place will do.
func lastFirst(squeezedName, person string) bool {
	if squeezed(person) == squeezedName {
		return true
	}
	words := strings.Fields(person)
	for i := range words {
		if squeezed(strings.Join(words[i:], "")+strings.Join(words[:i], "")) == squeezedName {
			return true
		}
	}
	return false
}
