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

	"raftlab/grader/internal/base/atomicfile"
	"raftlab/grader/internal/intake/deadline"
)

// Terms hold when a submission was handed in, if that is known, and what the roster grants
// its authors.
type Terms struct {
	HandedIn time.Time `json:"handed_in,omitzero"`
	Until    time.Time `json:"until,omitzero"` // an individual deadline
	FreeDays int       `json:"free_days,omitempty"`
	Reason   string    `json:"reason,omitempty"` // for either
}

// Terms returns the terms of a submission. Without a roster these are the earlier terms. A
// team has the latest deadline and arrival of its members, and the most free days.
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

// TeamOf returns the team of a student, "" if there is none.
func (r *Roster) TeamOf(id string) string {
	for _, m := range r.Members(id) {
		if m.ID == id {
			return m.Team
		}
	}
	return ""
}

// Submitter is a student or team that is graded, with the terms that follow from the
// course's deadline.
type Submitter struct {
	ID        string
	DaysLate  int    // days begun after the deadline
	FreeDays  int    // in addition to the course's
	Extension string // the reason for an extension
	// When the work arrived and when it was due; zero if not known or not set.
	HandedIn, Deadline time.Time
}

// Submitter returns the submitter with these terms. course is the course's deadline, the
// zero time if there is none. An individual deadline counts if it is later.
func (t Terms) Submitter(id string, course time.Time) Submitter {
	s := Submitter{ID: id, FreeDays: t.FreeDays, Extension: t.Reason, HandedIn: t.HandedIn, Deadline: course}
	if t.Until.After(s.Deadline) {
		s.Deadline = t.Until
	}
	s.DaysLate = deadline.DaysLate(s.HandedIn, s.Deadline)
	return s
}

// AllTerms holds the terms of a class, by id. A results folder keeps them, so lateness and
// extensions do not change when the class is graded again without the roster, or from a
// folder without arrival times.
type AllTerms map[string]Terms

// termsName is the name of their file in a results folder.
const termsName = "terms.json"

// ReadTerms returns the terms in a results folder, none if the folder is new.
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
		return nil, fmt.Errorf("%s is damaged (%w): remove it, and pass the roster and the folder with the arrival times again", file, err)
	}
	return all, nil
}

// Write stores all terms that are not empty in a results folder.
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
