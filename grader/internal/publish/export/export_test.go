package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/sample"
	"raftlab/grader/internal/intake/roster"
	"raftlab/grader/internal/publish/export"
)

var update = flag.Bool("update", false, "write the goldens anew")

// made is a class of twelve, made up once: that takes a second.
var made = sync.OnceValues(func() (class *sample.Results, err error) {
	dir, err := os.MkdirTemp("", "raftlab-export-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	return sample.Make(dir, 12)
})

// job is the export of the class, with a copy of the grades that may be changed.
func job(t *testing.T) (j export.Job) {
	t.Helper()
	class, err := made()
	require.NoError(t, err)
	text, err := json.Marshal(class.Document)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &j.Grades))
	j.Records = class.Records
	return j
}

// one writes a submission in a format.
func one(t *testing.T, j export.Job, format, id string) []byte {
	t.Helper()
	f, err := export.Find(format)
	require.NoError(t, err)
	s, err := j.Submission(id)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, f.One(&b, j, s))
	return b.Bytes()
}

// all writes the class in a format.
func all(t *testing.T, j export.Job, format string) []byte {
	t.Helper()
	f, err := export.Find(format)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, f.All(&b, j))
	return b.Bytes()
}

// conforms checks a text against a schema.
func conforms(t *testing.T, schema string, text []byte) {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(filepath.Join("testdata", schema+".schema.json"))
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	require.NoError(t, s.Validate(value))
}

// classroom is what that system wants to know.
var classroom = map[string]string{
	"classroom": "ds", "assignment": "raft", "submission": "submit/1", "commit": "https://example.org/c", "release": "https://example.org/r",
}

func TestEachFormatFitsItsSchema(t *testing.T) {
	j := job(t)
	j.Fields = classroom
	for _, s := range j.Grades.Submissions {
		conforms(t, "gradescope", one(t, j, "gradescope", s.ID))
		conforms(t, "classroom50", one(t, j, "classroom50", s.ID))
		conforms(t, "prairielearn", one(t, j, "prairielearn", s.ID))
		conforms(t, "ctrf", one(t, j, "ctrf", s.ID))
		lines := strings.Split(strings.TrimSuffix(string(one(t, j, "autolab", s.ID)), "\n"), "\n")
		require.Len(t, lines, 2)
		conforms(t, "autolab-feedback", []byte(lines[0]))
		conforms(t, "autolab-scores", []byte(lines[1]))
		checkJUnit(t, one(t, j, "junit", s.ID))
	}
	conforms(t, "ctrf", all(t, j, "ctrf"))
	checkJUnit(t, all(t, j, "junit"))
}

// A check that refuses nothing would be worth nothing.
func TestTheSchemasRefuse(t *testing.T) {
	for schema, text := range map[string]string{
		"gradescope":       `{"score":1,"tests":[{"name":"x","score":1,"max_score":1,"output_format":"markdown"}]}`,
		"classroom50":      `{"schema":"classroom50/result/v1","classroom":"a","assignment":"b","submission":"c","commit":"d","release":"e","review":"f","datetime":"2026-01-01T00:00:00Z","score":1.5,"max-score":2,"tests":[]}`,
		"prairielearn":     `{"gradable":false,"score":0}`,
		"ctrf":             `{"reportFormat":"CTRF","specVersion":"1","results":{"tool":{"name":"x"},"summary":{},"tests":[]}}`,
		"autolab-scores":   `{"scores":{"2A":"10"}}`,
		"autolab-feedback": `{"_presentation":"semantic","stages":["2A"],"2A":{"X":{"hint":"no"}}}`,
	} {
		s, err := jsonschema.NewCompiler().Compile(filepath.Join("testdata", schema+".schema.json"))
		require.NoError(t, err)
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		require.NoError(t, err)
		require.Error(t, s.Validate(value), schema)
	}
}

// junitParts are the elements of JUnit's reports with their attributes and what
// may be in them.
var junitParts = map[string]struct{ attributes, children []string }{
	"testsuites": {[]string{"name", "tests", "failures", "errors", "skipped", "time"}, []string{"testsuite"}},
	"testsuite":  {[]string{"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}, []string{"properties", "testcase"}},
	"properties": {nil, []string{"property"}},
	"property":   {[]string{"name", "value"}, nil},
	"testcase":   {[]string{"name", "classname", "time"}, []string{"failure", "skipped"}},
	"failure":    {[]string{"message", "type"}, nil},
	"skipped":    {nil, nil},
}

// checkJUnit checks elements, attributes and sums.
func checkJUnit(t *testing.T, text []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(text))
	var open []string
	counts := map[string]int{}
	var said map[string]int
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch e := token.(type) {
		case xml.StartElement:
			part, known := junitParts[e.Name.Local]
			require.True(t, known, e.Name.Local)
			if len(open) == 0 {
				require.Equal(t, "testsuites", e.Name.Local)
				said = map[string]int{}
			} else {
				require.Contains(t, junitParts[open[len(open)-1]].children, e.Name.Local)
			}
			for _, a := range e.Attr {
				require.Contains(t, part.attributes, a.Name.Local)
				if n, err := strconv.Atoi(a.Value); err == nil && e.Name.Local == "testsuites" {
					said[a.Name.Local] = n
				}
			}
			require.Len(t, e.Attr, len(part.attributes), e.Name.Local)
			counts[e.Name.Local]++
			open = append(open, e.Name.Local)
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
	require.Equal(t, said["tests"], counts["testcase"])
	require.Equal(t, said["failures"], counts["failure"])
	require.Equal(t, said["skipped"], counts["skipped"])
}

func rows(t *testing.T, text []byte) [][]string {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(text))
	rows, err := r.ReadAll()
	require.NoError(t, err)
	return rows
}

func TestGradescopeSaysWhatTheGradeIs(t *testing.T) {
	j := job(t)
	for _, s := range j.Grades.Submissions {
		var r export.GradescopeResults
		require.NoError(t, json.Unmarshal(one(t, j, "gradescope", s.ID), &r))
		require.Equal(t, s.Score, r.Score)
		sum, most := 0.0, 0.0
		for _, test := range r.Tests {
			sum += test.Score
			most += test.MaxScore
			require.Equal(t, "text", test.OutputFormat)
		}
		require.InDelta(t, s.Points, most, 0.01)
		if len(s.Overrides) == 0 {
			require.InDelta(t, s.Earned, sum, 0.01)
		}
	}
	for i := range j.Grades.Header.Parts[0].Cases {
		j.Grades.Header.Parts[0].Cases[i].Held = i == 2
	}
	j.Visibility, j.Held = "after_due_date", "hidden"
	var r export.GradescopeResults
	require.NoError(t, json.Unmarshal(one(t, j, "gradescope", "s000"), &r))
	require.Equal(t, "hidden", r.Tests[2].Visibility)
	require.Equal(t, "after_due_date", r.Tests[3].Visibility)
	require.Equal(t, "hidden", r.StdoutVisibility)
	j.Visibility = "everybody"
	f, err := export.Find("gradescope")
	require.NoError(t, err)
	require.ErrorContains(t, f.One(io.Discard, j, j.Grades.Submissions[0]), "everybody")
}

func TestWholePointsAddUp(t *testing.T) {
	j := job(t)
	j.Fields = classroom
	for _, s := range j.Grades.Submissions {
		var r struct {
			Score int
			Max   int `json:"max-score"`
			Tests []struct {
				Score int
				Max   int `json:"max-score"`
			}
		}
		require.NoError(t, json.Unmarshal(one(t, j, "classroom50", s.ID), &r))
		require.Equal(t, int(math.Round(s.Score)), r.Score, s.ID)
		require.Equal(t, int(math.Round(s.Points)), r.Max)
		sum := 0
		for _, test := range r.Tests {
			require.LessOrEqual(t, test.Score, test.Max)
			sum += test.Score
		}
		require.Equal(t, r.Score, sum)
	}
}

func TestAutolabsScoresAddUp(t *testing.T) {
	j := job(t)
	for _, s := range j.Grades.Submissions {
		lines := strings.Split(strings.TrimSpace(string(one(t, j, "autolab", s.ID))), "\n")
		var last struct {
			Scores     map[string]float64
			Scoreboard []float64
		}
		require.NoError(t, json.Unmarshal([]byte(lines[1]), &last))
		sum := 0.0
		for _, n := range last.Scores {
			sum += n
		}
		require.InDelta(t, s.Score, sum, 0.001)
		require.Equal(t, []float64{s.Score}, last.Scoreboard)
	}
}

func TestPrairieLearnStaysWithinItsLimit(t *testing.T) {
	j := job(t)
	i := slices.IndexFunc(j.Grades.Submissions, func(s grades.Grade) bool { return s.ID == sample.HostileID })
	s := &j.Grades.Submissions[i]
	for p := range s.Parts {
		for c := range s.Parts[p].Cases {
			k := &s.Parts[p].Cases[c]
			k.Score = 0
			k.Warnings = []string{strings.Repeat("<é\x1b", 100_000)}
			k.Failures = []grades.Failure{{Message: strings.Repeat("\"\n", 100_000), Case: k.Name}}
		}
	}
	require.Less(t, len(one(t, j, "prairielearn", s.ID)), 1_000_000)
	j.Limit = 60_000
	text := one(t, j, "prairielearn", s.ID)
	require.Less(t, len(text), 60_000)
	conforms(t, "prairielearn", text)
}

func TestHeldCasesAreNotToldOf(t *testing.T) {
	j := job(t)
	held := &j.Grades.Header.Parts[0].Cases[1]
	held.Held = true
	require.NotContains(t, string(one(t, j, "autolab", sample.HostileID)), strings.TrimSuffix(held.Name, "2A")+`":{"passed`)
	var r struct {
		Tests []struct{ Name, Output, Message string }
	}
	require.NoError(t, json.Unmarshal(one(t, j, "prairielearn", sample.HostileID), &r))
	require.Equal(t, "held back", r.Tests[1].Name)
	require.Empty(t, r.Tests[1].Output+r.Tests[1].Message)
	j.Fields = map[string]string{"classroom": "c", "assignment": "a", "submission": "s", "commit": "https://example.org/c", "release": "https://example.org/r"}
	require.NotContains(t, string(one(t, j, "classroom50", sample.HostileID)), held.Name)
}

// small is a class of two that are easily read, for the goldens of tables.
func small() export.Job {
	parts := func(a, b float64) []grades.PartGrade {
		return []grades.PartGrade{{Name: "2A", Score: a, Points: 10}, {Name: "2B", Score: b, Points: 20}}
	}
	return export.Job{
		Grades: grades.ClassGrades{
			Header: grades.Header{Course: "Raft", Config: "abc", Points: 30, Parts: []grades.HeaderPart{{Name: "2A", Points: 10}, {Name: "2B", Points: 20}}},
			Submissions: []grades.Grade{
				{ID: "ann", Digest: "d1", Status: grades.Graded, Outcome: "passed", Score: 27, Points: 30, Earned: 30, Parts: parts(10, 20), Late: &grades.LatePenalty{Days: 1, Points: 3, HandedIn: time.Date(2026, 3, 2, 11, 0, 0, 0, time.UTC), Deadline: time.Date(2026, 3, 1, 23, 59, 0, 0, time.UTC)}},
				{ID: "team-7", Digest: "d2", Status: grades.Graded, Outcome: "race", Score: 12.5, Points: 30, Earned: 22.5, Parts: parts(10, 12.5),
					Deductions: []grades.Deduction{{Points: 10, Reason: "a data race"}}},
			},
		},
		Roster: &roster.Roster{Students: []roster.Student{
			{ID: "ann", First: "Ann", Last: "O'Neill", Email: "ann@example.org", SIS: "0012", System: "77", Section: "L1"},
			{ID: "bob", Team: "team-7", First: "Bob", Last: "Çelik", Email: "bob@example.org", System: "78"},
			{ID: "eve", Team: "team-7", Name: "=Eve", System: "79"},
			{ID: "gone", Name: "Left The Course"},
		}},
	}
}

// The goldens show how a table looks to those who take it; write them anew with
// -update and look at the difference.
func TestTables(t *testing.T) {
	for _, c := range []struct {
		name, format string
		fields       map[string]string
	}{
		{"csv", "csv", nil},
		{"canvas-total", "canvas", map[string]string{"total": "4711"}},
		{"canvas-parts", "canvas", map[string]string{"2A": "12345", "2B": "12346", "assignment": "Lab 2"}},
		{"nbgrader", "nbgrader", map[string]string{"assignment": "lab2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := small()
			j.Fields = c.fields
			got := all(t, j, c.format)
			golden := filepath.Join("testdata", c.name+".csv")
			if *update {
				require.NoError(t, os.WriteFile(golden, got, 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), string(got))
		})
	}
}

func TestWithoutARosterPeopleAreIds(t *testing.T) {
	j := small()
	j.Roster = nil
	table := rows(t, all(t, j, "canvas"))
	require.Equal(t, "ann", table[2][0])
	require.Equal(t, "team-7", table[3][0])
}

func TestFieldsAreChecked(t *testing.T) {
	f, err := export.Find("classroom50")
	require.NoError(t, err)
	require.ErrorContains(t, f.Check(nil), "--set classroom=")
	require.ErrorContains(t, f.Check(map[string]string{"color": "red"}), `unknown field "color"`)
	require.NoError(t, f.Check(classroom))
	f, err = export.Find("canvas")
	require.NoError(t, err)
	require.NoError(t, f.Check(map[string]string{"2A": "1"}))
	j := small()
	j.Fields = map[string]string{"9Z": "1"}
	require.ErrorContains(t, f.All(io.Discard, j), "unknown part 9Z")
	_, err = export.Find("excel")
	require.ErrorContains(t, err, fmt.Sprintf("unknown format %q", "excel"))
}
