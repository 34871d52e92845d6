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

	"raftlab/grader/internal/grading/class"
	"raftlab/grader/internal/intake"
	"raftlab/grader/internal/intake/roster"
	"raftlab/grader/internal/publish/terminal"
)

// This file determines what was handed in, by whom, and when.

// readSubmissions reads the roster and the submissions.
func (o *classOptions) readSubmissions(ctx context.Context, c *class.Grader, folder string) error {
	var students *roster.Roster
	var err error
	if o.roster != "" {
		if students, err = roster.Read(o.roster); err != nil {
			return err
		}
		if len(students.Unknown) > 0 {
			fmt.Printf("%s: grading ignores these columns: %s\n", o.roster, strings.Join(students.Unknown, ", "))
		}
	}
	if within(o.out, folder) {
		return fmt.Errorf("--out %s is inside %s and would be read as a submission; choose a folder outside it", o.out, folder)
	}
	handed, err := intake.ReadClassFolder(folder, students)
	if err != nil {
		return err
	}
	for _, p := range handed.Problems {
		fmt.Printf("look: %s\n", p)
	}
	if c.Terms, err = roster.ReadTerms(o.out); err != nil {
		return err
	}
	submit := func(id string, came time.Time) {
		t := students.Terms(id, c.Terms[id])
		if !came.IsZero() {
			t.HandedIn = came
		}
		c.Terms[id] = t
		c.Submitters = append(c.Submitters, t.Submitter(id, c.Course.Late.Deadline.Time))
	}
	known := map[string]bool{}
	add := func(s *intake.Submission, came time.Time) {
		known[s.ID] = true
		submit(s.ID, came)
		if len(o.only) == 0 || slices.Contains(o.only, s.ID) {
			c.Submissions = append(c.Submissions, s)
		}
	}
	for _, e := range handed.Entries {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		add(e.Open(intake.DefaultBounds()), e.Time)
	}
	for _, id := range handed.Missing {
		add(intake.NothingHandedIn(id), time.Time{})
	}
	for _, id := range slices.Sorted(maps.Keys(c.Terms)) {
		if !known[id] { // it was graded from another folder
			submit(id, time.Time{})
		}
	}
	printUntimed(handed.Entries, c)
	for _, id := range o.only {
		if team := students.TeamOf(id); !known[id] && team != "" {
			return fmt.Errorf("--only %s: %[1]s is a member of team %s; use --only %[2]s", id, team)
		}
		if !known[id] {
			return fmt.Errorf("--only %s: no submission has that id", id)
		}
	}
	return nil
}

// within reports whether path is the folder or lies inside it.
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

// printUntimed prints the submissions whose lateness is not known, if there is a deadline.
func printUntimed(entries []intake.Entry, c *class.Grader) {
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
			fmt.Printf("look: %s is marked as late, but its arrival is not known\n", e.ID)
		}
	}
	if len(all) > 0 {
		fmt.Printf("look: course.toml sets a deadline, but the arrival of %s is not known (%s); they count as in time.\n      To change this, add a column handed_in to the roster.\n",
			terminal.Count(len(all), "submission"), shortList(all))
	}
}

// shortList returns the first few elements of a list, as text.
func shortList(all []string) string {
	const few = 4
	if len(all) <= few {
		return strings.Join(all, ", ")
	}
	return strings.Join(all[:few], ", ") + fmt.Sprintf(" and %d more", len(all)-few)
}
