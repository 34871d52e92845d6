package roster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"raftlab/grader/internal/atomicfile"
	"raftlab/grader/internal/deadline"
)

// Terms are when a submission was handed in, as far as that is known, and what the
// roster grants its authors.
type Terms struct {
	HandedIn time.Time `json:"handed_in,omitzero"`
	Until    time.Time `json:"until,omitzero"` // a deadline of its own
	FreeDays int       `json:"free_days,omitempty"`
	Reason   string    `json:"reason,omitempty"` // for either
}

// Terms returns the terms of a submission: those of before if there is no roster to ask. Of
// a team the latest deadline and time count, and the most free days.
func (r *Roster) Terms(id string, before Terms) Terms {
	if r == nil {
		return before
	}
	now := Terms{HandedIn: before.HandedIn}
	var came time.Time
	for _, m := range r.Members(id) {
		now.FreeDays = max(now.FreeDays, m.FreeDays)
		if m.Until.After(now.Until) {
			now.Until = m.Until
		}
		if m.HandedIn.After(came) {
			came = m.HandedIn
		}
		if m.Reason != "" && !strings.Contains(now.Reason, m.Reason) {
			now.Reason = strings.TrimPrefix(now.Reason+"; "+m.Reason, "; ")
		}
	}
	if !came.IsZero() {
		now.HandedIn = came
	}
	return now
}

// TeamOf returns the team of a student, "" for none.
func (r *Roster) TeamOf(id string) string {
	for _, m := range r.Members(id) {
		if m.ID == id {
			return m.Team
		}
	}
	return ""
}

// Submitter is who is graded, a student or a team, with the terms as they come out under
// the course's deadline.
type Submitter struct {
	ID        string
	DaysLate  int    // begun after the deadline
	FreeDays  int    // beside those that all have
	Extension string // the reason of an extension
	// When the work came, and until when it might, as far as that is known and was
	// asked.
	HandedIn, Deadline time.Time
}

// Submitter returns who is graded under these terms, by the course's deadline; the zero time
// if it sets none. A deadline of one's own counts if it is later.
func (t Terms) Submitter(id string, course time.Time) Submitter {
	s := Submitter{ID: id, FreeDays: t.FreeDays, Extension: t.Reason, HandedIn: t.HandedIn, Deadline: course}
	if t.Until.After(s.Deadline) {
		s.Deadline = t.Until
	}
	s.DaysLate = deadline.DaysLate(s.HandedIn, s.Deadline)
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

// Write keeps them in a results folder, but for those that say nothing.
func (a AllTerms) Write(results string) error {
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
