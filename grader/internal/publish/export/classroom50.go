package export

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"raftlab/grader/internal/grading/grades"
)

// The format classroom50/result/v1: scores are whole numbers, every text is required, and
// unknown keys are refused.
type classroomResult struct {
	Schema         string          `json:"schema"`
	Classroom      string          `json:"classroom"`
	Assignment     string          `json:"assignment"`
	AssignmentType string          `json:"assignment_type"`
	Owner          string          `json:"owner"`
	Submission     string          `json:"submission"`
	Commit         string          `json:"commit"`
	Release        string          `json:"release"`
	Review         string          `json:"review"`
	Datetime       string          `json:"datetime"`
	Score          int             `json:"score"`
	MaxScore       int             `json:"max-score"`
	Tests          []classroomTest `json:"tests"`
}

type classroomTest struct {
	Name     string `json:"test-name"`
	Passed   bool   `json:"passed"`
	Score    int    `json:"score"`
	MaxScore int    `json:"max-score"`
}

func classroom50() Format {
	return Format{
		Name: "classroom50", About: "Classroom 50's result.json, with whole points", File: "result.json",
		Fields: []Field{
			{"classroom", "the classroom's short name, CLASSROOM in its runner", "-"},
			{"assignment", "the assignment's short name, ASSIGNMENT in its runner", "-"},
			{"assignment_type", "individual or group", "individual"},
			{"owner", "the account of the student; the id if it is not given", ""},
			{"submission", "the submission's tag, SUBMISSION_TAG in its runner", "-"},
			{"commit", "address of the commit, COMMIT_URL in its runner", "-"},
			{"release", "address of the release, RELEASE_URL in its runner", "-"},
			{"review", "address for reviewing, REVIEW_URL in its runner; the commit if it is not given", ""},
		},
		One: writeClassroom,
	}
}

// checkAddress returns an error for an address that a browser could execute as a program.
func (j Job) checkAddress(field string) error {
	address := j.field(field, "")
	if address == "" || strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://") {
		return nil
	}
	return fmt.Errorf("%s is %q; expected an address that begins with https:// or http://; use --set %s=ADDRESS", field, address, field)
}

func writeClassroom(w io.Writer, j Job, s grades.Grade) error {
	for _, field := range []string{"commit", "release", "review"} {
		if err := j.checkAddress(field); err != nil {
			return err
		}
	}
	r := classroomResult{
		Schema:    "classroom50/result/v1",
		Classroom: j.field("classroom", ""), Assignment: j.field("assignment", ""), AssignmentType: j.field("assignment_type", "individual"),
		Owner: j.field("owner", s.ID), Submission: j.field("submission", ""),
		Commit: j.field("commit", ""), Release: j.field("release", ""), Review: j.field("review", j.field("commit", "")),
		Datetime: s.At.UTC().Format("2006-01-02T15:04:05Z"), Tests: []classroomTest{},
	}
	var names []string
	var passed []bool
	var got, max []float64
	j.eachCase(s, func(p grades.HeaderPart, k grades.HeaderCase, c grades.CaseGrade) {
		name, _ := shownName(k)
		names, passed = append(names, strings.TrimSpace(p.Name+" "+name)), append(passed, fullScore(c))
		got, max = append(got, c.Score), append(max, k.Points)
	})
	most := whole(max, s.Points, nil)
	scores := whole(got, s.Score, most)
	for i := range names {
		t := classroomTest{names[i], passed[i], scores[i], most[i]}
		r.Score += t.Score
		r.MaxScore += t.MaxScore
		r.Tests = append(r.Tests, t)
	}
	return writeJSON(w, &r)
}

// whole rounds the parts to whole numbers whose sum is the rounded total, as far as the
// maximum of each part allows. Classroom 50 computes the score as the sum of the tests, so
// deductions, lateness and overrides are spread over the cases.
func whole(parts []float64, total float64, most []int) []int {
	sum := 0.0
	for _, p := range parts {
		sum += p
	}
	left := int(math.Round(math.Max(0, total)))
	numbers, rest := make([]int, len(parts)), make([]float64, len(parts))
	order := make([]int, len(parts))
	for i, p := range parts {
		share := p
		if sum > 0 {
			share = p * math.Max(0, total) / sum
		}
		order[i] = i
		numbers[i] = int(share + 1e-9)
		if most != nil {
			numbers[i] = min(numbers[i], most[i])
		}
		rest[i] = share - float64(numbers[i])
		left -= numbers[i]
	}
	// The remaining points go to the parts that lost most by rounding down.
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rest[b], rest[a]) })
	for _, i := range order {
		if left > 0 && rest[i] > 1e-9 && (most == nil || numbers[i] < most[i]) {
			numbers[i]++
			left--
		}
	}
	// Points beyond what was earned go to parts below their maximum.
	for _, i := range order {
		if most != nil && left > 0 {
			more := min(left, most[i]-numbers[i])
			numbers[i], left = numbers[i]+more, left-more
		}
	}
	return numbers
}
