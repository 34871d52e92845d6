package export

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"raftlab/grader/internal/intake"
	"raftlab/grader/internal/sanitize"
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

// more are the columns that gradebooks want beside those of a roster. They are
// compared without capitals, spaces, underscores and hyphens.
var more = map[string]func(*Person, string){
	"firstname": func(p *Person, v string) { p.First = v },
	"lastname":  func(p *Person, v string) { p.Last = v },
	"login":     func(p *Person, v string) { p.Login = v },
	"sis":       func(p *Person, v string) { p.SIS = v },
	"section":   func(p *Person, v string) { p.Section = v },
}

// ReadRoster reads the roster of the class, as grading does, with the columns
// first_name, last_name, login, sis and section besides, if it has them.
func ReadRoster(file string) (Roster, error) {
	known, err := intake.ReadRoster(file)
	if err != nil {
		return nil, err
	}
	roster := Roster{}
	for _, s := range known.Students {
		var p Person
		for _, heading := range slices.Sorted(maps.Keys(s.Other)) {
			if set := more[strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(heading))]; set != nil {
				set(&p, s.Other[heading])
			}
		}
		p.ID, p.Submission, p.Name, p.Email, p.Gradebook = s.ID, cmp.Or(s.Team, s.ID), s.Name, s.Email, s.System
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
	return sanitize.Line(cmp.Or(p.Name, strings.TrimSpace(p.First+" "+p.Last)))
}

// SortName is the last name first, as gradebooks have it.
func (p Person) SortName() string {
	if p.Last != "" {
		return sanitize.Line(strings.Trim(p.Last+", "+p.First, ", "))
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
