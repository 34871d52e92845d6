package plan

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"raftlab/grader/internal/base/atomicfile"
	"raftlab/grader/internal/grading/class"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake/roster"
	"raftlab/tests/suite"
)

// Merged is the merged result of shards.
type Merged struct {
	Plan       *Plan
	Course     *course.Course
	Records    []record.Record // in order, as if one grader had graded everything
	Submitters []roster.Submitter
	Missing    []Missing

	text  []byte // of plan.json
	saved []savedFailure
}

// Missing is a unit with missing work.
type Missing struct {
	Index int
	Unit  Unit
	Why   string
}

// savedFailure describes the files of a failed case in the folder of a unit.
type savedFailure struct {
	unit, log string
	folder    string // beside the log
}

// source is a record and the folder of its unit.
type source struct {
	record.Record
	folder string
}

// Merge merges the results of shards in one or more folders. Neither their order matters,
// nor whether several folders have the same unit: among records of the same run the
// earliest counts.
func Merge(folders []string, cases []suite.Case) (*Merged, error) {
	m := &Merged{}
	for _, folder := range folders {
		p, text, err := read(folder)
		if err != nil {
			return nil, err
		}
		if m.Plan == nil {
			m.Plan, m.text = p, text
			if m.Course, err = p.load(folder, cases); err != nil {
				return nil, err
			}
		}
		if !bytes.Equal(text, m.text) {
			return nil, fmt.Errorf("%s and %s hold results of different plans; merge them separately", folders[0], folder)
		}
	}
	for _, s := range m.Plan.Submissions {
		m.Submitters = append(m.Submitters, s.submitter())
		if err := m.submission(s, folders); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(m.Missing, func(x, y Missing) int { return cmp.Compare(x.Index, y.Index) })
	slices.SortStableFunc(m.Records, compareRecords)
	return m, nil
}

// submission merges the records of one submission.
func (m *Merged) submission(s PlannedSubmission, folders []string) error {
	checks := map[string]record.Record{} // by part
	var runs []record.Record
	of := map[record.Key]string{}
	units := map[string]int{} // by part
	for index, u := range m.Plan.Units {
		if u.Submission != s.ID {
			continue
		}
		units[u.Part] = index
		best, err := m.gather(u, s, folders)
		var other *changedError
		switch {
		case errors.As(err, &other):
			return err
		case err != nil: // the other units are not affected
			m.Missing = append(m.Missing, Missing{index, u, err.Error()})
			continue
		}
		checked := false
		for key, r := range best {
			switch r.Kind {
			case record.Canary:
				m.Records = append(m.Records, r.Record)
			case record.Check:
				checks[u.Part], checked = r.Record, true
			default:
				runs = append(runs, r.Record)
				of[key] = r.folder
			}
		}
		if !checked {
			m.Missing = append(m.Missing, Missing{index, u, "it was not graded"})
		}
	}
	var inParts []record.Record
	for _, name := range m.partsOf(units) {
		if r, ok := checks[name]; ok {
			inParts = append(inParts, r)
		}
	}
	if len(inParts) == 0 {
		return nil
	}
	check := class.MergeChecks(inParts)
	m.Records = append(m.Records, check)
	if check.Outcome != record.Passed {
		return nil // a single grader would have found this before any run
	}
	made, left := class.Replay(m.Course, runs)
	m.Records = append(m.Records, made...)
	for _, r := range made {
		for _, k := range r.Cases {
			if k.Log != "" {
				m.saved = append(m.saved, savedFailure{of[r.Key()], k.Log, fmt.Sprintf("%s-seed%d", k.Name, r.Seed)})
			}
		}
	}
	missing := map[string]int{}
	for _, j := range left {
		missing[j.Part]++
	}
	for part, n := range missing {
		if _, ok := checks[part]; ok {
			m.Missing = append(m.Missing, Missing{units[part], m.Plan.Units[units[part]], fmt.Sprintf("up to %d of its runs were not made", n)})
		}
	}
	return nil
}

// partsOf returns the parts of a submission's units in the order of the course.
func (m *Merged) partsOf(units map[string]int) (names []string) {
	if _, ok := units[""]; ok {
		names = append(names, "")
	}
	for _, p := range m.Course.Parts {
		if _, ok := units[p.Name]; ok {
			names = append(names, p.Name)
		}
	}
	return names
}

// gather reads the records of a unit from all folders. If one folder holds the complete
// unit, its records count; among several complete folders, the one with the latest check.
// Otherwise, among records of the same work the earliest counts, and a record of a failure
// of the machine only if there is no other.
func (m *Merged) gather(u Unit, s PlannedSubmission, folders []string) (map[record.Key]source, error) {
	union, canaries := map[record.Key]source{}, map[record.Key]source{}
	var whole map[record.Key]source
	var first record.Record // the check in whole
	for _, folder := range folders {
		own := u.folder(folder)
		records, err := record.Read(class.Records(own))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		held := map[record.Key]source{}
		add := func(to map[record.Key]source, r record.Record, key record.Key) {
			if was, ok := to[key]; !ok || precedes(r, was.Record) { // several folders have it
				to[key] = source{r, own}
			}
		}
		for _, r := range records {
			if r.Kind != record.Canary && (r.Submission != s.ID || r.Digest != s.Digest) {
				return nil, &changedError{own, r}
			}
			key := r.Key()
			if r.Kind == record.Canary { // each grader counts them from 1
				key.Digest = line(r)
				add(canaries, r, key)
				continue
			}
			if was, ok := held[key]; !ok || !machineFault(r) || machineFault(was.Record) {
				held[key] = source{r, own} // the last one in a file counts, whatever its time
			}
		}
		for key, r := range held {
			add(union, r.Record, key)
		}
		if check, ok := m.whole(u, held); ok && (whole == nil || precedes(check, first)) {
			whole, first = held, check
		}
	}
	if whole != nil {
		union = whole
	}
	maps.Copy(union, canaries)
	return union, nil
}

// whole reports whether the records are complete for a unit, and returns their check.
func (m *Merged) whole(u Unit, held map[record.Key]source) (check record.Record, ok bool) {
	var runs []record.Record
	for _, r := range held {
		if r.Kind == record.Check {
			check, ok = r.Record, true
		} else {
			runs = append(runs, r.Record)
		}
	}
	if !ok || check.Outcome != record.Passed {
		return check, ok
	}
	_, left := class.Replay(m.Course, runs)
	return check, !slices.ContainsFunc(left, func(j grades.Job) bool { return j.Part == u.Part })
}

// changedError reports records of another submission in a unit's folder.
type changedError struct {
	folder string
	r      record.Record
}

func (c *changedError) Error() string {
	return fmt.Sprintf("%s holds records of another submission (%s, %s): it was changed", c.folder, c.r.Submission, c.r.Digest)
}

// precedes reports whether x counts rather than y. Both are records of the same work.
func precedes(x, y record.Record) bool {
	if machineFault(x) != machineFault(y) {
		return machineFault(y)
	}
	if x.Kind == record.Check { // the last check used the latest rules
		x, y = y, x
	}
	return cmp.Or(x.At.Compare(y.At), strings.Compare(line(x), line(y))) < 0
}

// compareRecords defines the order of records in a merged file: for each submission the
// check, then its runs in the order of a single processor.
func compareRecords(x, y record.Record) int {
	kinds := []record.Kind{record.Canary, record.Check, record.Run}
	modes := record.Modes()
	return cmp.Or(
		cmp.Compare(min(1, slices.Index(kinds, x.Kind)), min(1, slices.Index(kinds, y.Kind))),
		cmp.Compare(x.Submission, y.Submission),
		cmp.Compare(slices.Index(kinds, x.Kind), slices.Index(kinds, y.Kind)),
		cmp.Compare(slices.Index(modes, x.Mode), slices.Index(modes, y.Mode)),
		cmp.Compare(x.K, y.K),
		cmp.Compare(x.Part, y.Part),
		cmp.Compare(line(x), line(y)),
	)
}

// line returns a record as it is written.
func line(r record.Record) string {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // records contain only numbers and strings
	}
	return string(text)
}

// Grades returns the grades, with overrides applied.
func (m *Merged) Grades(overrides []grades.Override) (grades.ClassGrades, error) {
	b := grades.Inputs{
		Course: m.Course, Submitters: m.Submitters, Records: m.Records, Overrides: overrides, Commitment: m.Plan.Commitment,
	}
	if err := b.CheckOverrides(); err != nil {
		return grades.ClassGrades{}, err
	}
	return b.Grades(), nil
}

// Write writes a results folder, or replaces one that was merged from the same plan. The
// same results give the same bytes.
func (m *Merged) Write(folder string, d grades.ClassGrades) error {
	unlock, err := record.Lock(folder)
	if err != nil {
		return err
	}
	defer unlock()
	there, err := os.ReadFile(filepath.Join(folder, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(class.Records(folder)); err == nil {
			return fmt.Errorf("%s holds results that were not merged from this plan; give another folder with --out", folder)
		}
	} else if err != nil {
		return err
	} else if !bytes.Equal(there, m.text) {
		return fmt.Errorf("%s holds results of another plan: give another folder with --out", folder)
	}
	for _, l := range m.saved {
		if err := l.copy(folder); err != nil {
			return err
		}
	}
	var text bytes.Buffer
	for _, r := range m.Records {
		text.WriteString(line(r) + "\n")
	}
	grading, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	for _, f := range []struct {
		file string
		text []byte
	}{
		{filepath.Join(folder, manifestName), m.text},
		{class.Records(folder), text.Bytes()},
		{class.Grades(folder), append(grading, '\n')},
	} {
		if err := atomicfile.Write(f.file, f.text); err != nil {
			return err
		}
	}
	return nil
}

// copy copies the files to a results folder. It skips files that were not kept.
func (l savedFailure) copy(results string) error {
	log := filepath.FromSlash(l.log)
	if !filepath.IsLocal(log) {
		return fmt.Errorf("%s names a log outside it, %q: it was changed", class.Records(l.unit), l.log)
	}
	files := []string{log}
	beside := filepath.Join(filepath.Dir(log), l.folder)
	entries, err := os.ReadDir(filepath.Join(l.unit, beside))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		files = append(files, filepath.Join(beside, e.Name()))
	}
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(l.unit, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(results, name)), 0o755)
		}
		if err == nil {
			err = atomicfile.Write(filepath.Join(results, name), text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
