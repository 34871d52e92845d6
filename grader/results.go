//go:build !student

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake/roster"
)

// results is the content of a results folder.
type results struct {
	folder  string
	grades  grades.ClassGrades
	records []record.Record
	roster  *roster.Roster // nil if none was given
}

// readResults reads a results folder, and the roster if one is named.
func readResults(folder, students string) (r results, err error) {
	r.folder = folder
	text, err := os.ReadFile(filepath.Join(folder, "grades.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return r, fmt.Errorf("%s holds no grades.json: give the folder that grader class wrote its results to (--out)", folder)
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r.grades); err != nil {
		return r, fmt.Errorf("%s: %w: the file was changed or is incomplete; rerun the same grader class, which writes it again and repeats no run", filepath.Join(folder, "grades.json"), err)
	}
	if r.grades.Schema != grades.Schema {
		return r, fmt.Errorf("%s has the schema %q, and this grader expects %q: use the version of the lab that wrote it, or rerun grader class on the folder", filepath.Join(folder, "grades.json"), r.grades.Schema, grades.Schema)
	}
	if r.records, err = record.Read(filepath.Join(folder, "records.jsonl")); err != nil {
		return r, err
	}
	if students != "" {
		r.roster, err = roster.Read(students)
	}
	return r, err
}
