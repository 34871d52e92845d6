package class

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"raftlab/grader/internal/atomicfile"
	"raftlab/grader/internal/course"
	"raftlab/grader/internal/grades"
)

// Terms are when a submission was handed in, as far as that is known, and what the
// roster grants its author.
type Terms struct {
	HandedIn time.Time `json:"handed_in,omitzero"`
	Until    time.Time `json:"until,omitzero"` // a deadline of its own
	FreeDays int       `json:"free_days,omitempty"`
	Reason   string    `json:"reason,omitempty"` // for either
}

// Student is what the grade has to know of who handed in.
func (t Terms) Student(id string, c *course.Course) grades.Student {
	s := grades.Student{ID: id, FreeDays: t.FreeDays, Extension: t.Reason, HandedIn: t.HandedIn, Deadline: c.Late.Deadline.Time}
	if t.Until.After(s.Deadline) {
		s.Deadline = t.Until
	}
	s.DaysLate = course.DaysLate(s.HandedIn, s.Deadline)
	return s
}

// AllTerms are those of a class, by id. A results folder keeps them: who is late, or
// may be, stays so when the class is graded again from a folder that does not say
// when things came, or without the roster.
type AllTerms map[string]Terms

// termsName is their file in a results folder.
const termsName = "terms.json"

// ReadTerms returns those that a results folder knows, none if it is new.
func ReadTerms(results string) (AllTerms, error) {
	all := AllTerms{}
	file := filepath.Join(results, termsName)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w): remove it, and give the roster and the folder that says when things were handed in", file, err)
	}
	return all, nil
}

// write keeps them, but for those that say nothing.
func (a AllTerms) write(results string) error {
	a = maps.Clone(a)
	maps.DeleteFunc(a, func(_ string, t Terms) bool { return t == Terms{} })
	if len(a) == 0 {
		return nil
	}
	text, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(results, termsName), append(text, '\n'))
}
