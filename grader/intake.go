//go:build !student

package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"raftlab/grader/internal/class"
	"raftlab/grader/internal/intake"
	"raftlab/grader/internal/record"
	"raftlab/grader/internal/report"
)

// What was handed in, by whom, and when.

// takeIn reads the roster and what was handed in.
func (q *classQuestion) takeIn(ctx context.Context, c *class.Class, folder string) error {
	var roster *intake.Roster
	var err error
	if q.roster != "" {
		if roster, err = intake.ReadRoster(q.roster); err != nil {
			return err
		}
		if len(roster.Unknown) > 0 {
			fmt.Printf("%s: grading makes nothing of these columns: %s\n", q.roster, strings.Join(roster.Unknown, ", "))
		}
	}
	if within(q.out, folder) {
		return fmt.Errorf("--out %s lies in %s, and would be taken for a submission: choose a folder beside it", q.out, folder)
	}
	handed, err := intake.ReadClass(folder, roster)
	if err != nil {
		return err
	}
	for _, p := range handed.Problems {
		fmt.Printf("look: %s\n", p)
	}
	if c.Terms, err = class.ReadTerms(q.out); err != nil {
		return err
	}
	known := map[string]bool{}
	add := func(s class.Submission, e intake.Entry) {
		known[s.ID] = true
		t := termsOf(c.Terms[s.ID], s.ID, roster)
		if !e.Time.IsZero() {
			t.HandedIn = e.Time
		}
		c.Terms[s.ID] = t
		c.Students = append(c.Students, t.Student(s.ID, c.Course))
		if len(q.only) == 0 || slices.Contains(q.only, s.ID) {
			c.Submissions = append(c.Submissions, s)
		}
	}
	for _, e := range handed.Entries {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		taken, err := e.Open(intake.DefaultBounds())
		add(class.Taken(e.ID, taken, err), e)
	}
	for _, id := range handed.Missing {
		add(class.Submission{ID: id, Outcome: record.Intake, Message: "nothing was handed in"}, intake.Entry{ID: id})
	}
	for _, id := range slices.Sorted(maps.Keys(c.Terms)) {
		if !known[id] { // it was graded from another folder
			c.Terms[id] = termsOf(c.Terms[id], id, roster)
			c.Students = append(c.Students, c.Terms[id].Student(id, c.Course))
		}
	}
	untimed(handed.Entries, c)
	for _, id := range q.only {
		if team := teamOf(id, roster); !known[id] && team != "" {
			return fmt.Errorf("--only %s: %[1]s hands in as %s: give --only %[2]s", id, team)
		}
		if !known[id] {
			return fmt.Errorf("--only %s: there is no such id among what was handed in", id)
		}
	}
	return nil
}

// within tells whether a path is a folder, or lies in it.
func within(path, folder string) bool {
	path, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	folder, err = filepath.Abs(folder)
	if err != nil {
		return false
	}
	return path == folder || strings.HasPrefix(path, folder+string(filepath.Separator))
}

// termsOf returns the terms of a submission: those of before if there is no roster to
// ask. Of a team the latest deadline and time count, and the most free days.
func termsOf(before class.Terms, id string, roster *intake.Roster) class.Terms {
	if roster == nil {
		return before
	}
	now := class.Terms{HandedIn: before.HandedIn}
	var came time.Time
	for _, m := range roster.Members(id) {
		now.FreeDays = max(now.FreeDays, m.LateDays)
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

// teamOf returns the team of a student, "" for none.
func teamOf(id string, roster *intake.Roster) string {
	if roster == nil {
		return ""
	}
	for _, m := range roster.Members(id) {
		if m.ID == id {
			return m.Team
		}
	}
	return ""
}

// untimed says whose lateness is not known, if there is a deadline.
func untimed(entries []intake.Entry, c *class.Class) {
	if c.Course.Late.Deadline.IsZero() {
		return
	}
	var all []string
	for _, e := range entries {
		if !c.Terms[e.ID].HandedIn.IsZero() {
			continue
		}
		all = append(all, e.ID)
		if e.Late {
			fmt.Printf("look: %s is marked as late, and by how much is not said\n", e.ID)
		}
	}
	if len(all) > 0 {
		fmt.Printf("look: course.toml sets a deadline, and when %s came is not known (%s): they count as in time.\n      Say it in a column handed_in of the roster.\n",
			report.Count(len(all), "submission"), shortList(all))
	}
}

// shortList is the first few of a list.
func shortList(all []string) string {
	const few = 4
	if len(all) <= few {
		return strings.Join(all, ", ")
	}
	return strings.Join(all[:few], ", ") + fmt.Sprintf(" and %d more", len(all)-few)
}
