package export

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"raftlab/grader/internal/plain"
)

// Person is a row of the roster, as far as gradebooks want to know.
type Person struct {
	ID         string // of the student
	Submission string // whose grade is theirs: the team's, or their own
	Name       string
	First      string
	Last       string
	Email      string
	Login      string
	SIS        string // the number in the university's own system
	Gradebook  string // the number in the gradebook's system
	Section    string
}

// Roster is everybody. A nil one knows nobody.
type Roster []Person

// columns are the names under which rosters hold what is known of a person. They
// are compared without capitals, spaces and underscores.
var columns = []struct {
	names []string
	set   func(*Person, string)
}{
	{[]string{"id", "studentid", "netid", "username"}, func(p *Person, v string) { p.ID = v }},
	{[]string{"team", "group", "teamid"}, func(p *Person, v string) { p.Submission = v }},
	{[]string{"name", "fullname", "student"}, func(p *Person, v string) { p.Name = v }},
	{[]string{"firstname", "first", "givenname"}, func(p *Person, v string) { p.First = v }},
	{[]string{"lastname", "last", "surname", "familyname"}, func(p *Person, v string) { p.Last = v }},
	{[]string{"email", "emailaddress", "mail"}, func(p *Person, v string) { p.Email = v }},
	{[]string{"login", "sisloginid"}, func(p *Person, v string) { p.Login = v }},
	{[]string{"sis", "sisuserid", "sid"}, func(p *Person, v string) { p.SIS = v }},
	{[]string{"gradebook", "canvasid"}, func(p *Person, v string) { p.Gradebook = v }},
	{[]string{"section", "sections"}, func(p *Person, v string) { p.Section = v }},
}

// ReadRoster reads a CSV file with a row of headings. It needs a column "id"; it
// knows name, first_name, last_name, email, team, login, sis, gradebook and
// section besides, and leaves others alone.
func ReadRoster(file string) (Roster, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s is empty: the first row of a roster names its columns, id at least", file)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	known := map[int]func(*Person, string){}
	for i, h := range head {
		h = strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "", "\ufeff", "").Replace(h))
		for _, c := range columns {
			if slices.Contains(c.names, h) {
				known[i] = c.set
			}
		}
	}
	roster := Roster{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		var p Person
		for i, v := range row {
			if set := known[i]; set != nil {
				set(&p, strings.TrimSpace(v))
			}
		}
		if p.ID == "" {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("%s, line %d: there is no id; the roster needs a column id with one in each row", file, line)
		}
		p.Submission = cmp.Or(p.Submission, p.ID)
		roster = append(roster, p)
	}
	return roster, nil
}

// Of returns those whose grade is that of a submission.
func (r Roster) Of(submission string) (people []Person) {
	for _, p := range r {
		if p.Submission == submission {
			people = append(people, p)
		}
	}
	return people
}

// Names returns the names of those behind each submission.
func (r Roster) Names() map[string]string {
	names := map[string]string{}
	for _, p := range r {
		if name := p.FullName(); name != "" {
			names[p.Submission] = strings.TrimPrefix(names[p.Submission]+", "+name, ", ")
		}
	}
	return names
}

// FullName is the name in one.
func (p Person) FullName() string {
	return plain.Line(cmp.Or(p.Name, strings.TrimSpace(p.First+" "+p.Last)))
}

// SortName is the last name first, as gradebooks have it.
func (p Person) SortName() string {
	if p.Last != "" {
		return plain.Line(strings.Trim(p.Last+", "+p.First, ", "))
	}
	return p.FullName()
}

// rows returns everybody with a grade, and the submission that it is of: those of
// the roster, and under their id those that it does not know.
func (j Job) rows() (rows []row) {
	for _, s := range j.Grades.Submissions {
		people := j.Roster.Of(s.ID)
		if len(people) == 0 {
			people = []Person{{ID: s.ID, Submission: s.ID}}
		}
		for _, p := range people {
			rows = append(rows, row{p, s})
		}
	}
	return rows
}
