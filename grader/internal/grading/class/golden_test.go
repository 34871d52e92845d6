package class

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake"
	"raftlab/grader/internal/intake/roster"
	"raftlab/grader/internal/publish/export"
)

var update = flag.Bool("update", false, "rewrite testdata")

// TestGradesOfScriptedClasses compares the grades of small classes, as grades.json and as a
// table, with those in testdata. The comparison leaves out times, versions and the lab's
// descriptions of cases.
func TestGradesOfScriptedClasses(t *testing.T) {
	for name, class := range map[string]func(t *testing.T) *Grader{
		"outcomes": func(t *testing.T) *Grader {
			c := aScriptedClass(t, t.TempDir(), map[string]string{
				"ann": "passes", "bob": "fails often", "cid": "panics", "dan": "fails often", "eve": "races first", "fay": "never builds", "hal": "passes",
			})
			c.Submissions = append(c.Submissions, intake.FromResult("gus", nil, errors.New("input/output error")))
			c.Submitters = append(c.Submitters, roster.Submitter{ID: "gus"})
			for i := range c.Submitters {
				if s := &c.Submitters[i]; s.ID == "hal" {
					s.DaysLate, s.FreeDays, s.Extension = 2, 1, "was ill"
				}
			}
			c.Overrides = []grades.Override{{ID: "bob", Score: 7, Reason: "shown in person"}, {ID: "cid", Part: "2B", Score: 3, Reason: "shown in person"}}
			return c
		},
		"alike": func(t *testing.T) *Grader {
			c := aScriptedClass(t, t.TempDir(), map[string]string{"ann": "", "bob": "", "cid": "", "dan": "", "eve": ""})
			for i, s := range c.Submissions {
				seed := map[string]uint64{"bob": 1, "dan": 1}[s.ID]
				c.handIn(s.ID, scriptedText(seed+10*uint64(i%3), 200+i, "passes"))
			}
			c.handIn("bob", scriptedText(1, 200, "passes"))
			c.handIn("dan", scriptedText(1, 260, "fails often"))
			return c
		},
		"regraded": func(t *testing.T) *Grader {
			c := aScriptedClass(t, t.TempDir(), map[string]string{"ann": "fails often", "bob": "passes"})
			c.Regrade = true
			return c
		},
		"one-part": func(t *testing.T) *Grader {
			c := aScriptedClass(t, t.TempDir(), map[string]string{"ann": "fails often", "bob": "passes"})
			c.Course.Parts = c.Course.Parts[1:]
			c.Course.Scoring.Rule = course.Proportional
			return c
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := class(t)
			for i := range c.Course.Parts {
				p := &c.Course.Parts[i]
				p.Cases = p.Cases[:2] // so that testdata is short
			}
			if c.Regrade { // then there must be something before
				graded(t, c)
			}
			d, err := c.Run(t.Context(), Silent{})
			require.NoError(t, err)
			records, err := record.Read(Records(c.Out))
			require.NoError(t, err)
			h := d.Header
			d.Header = grades.Header{Rule: h.Rule, Runs: h.Runs, CPU: h.CPU, Complete: h.Complete, Sandbox: h.Sandbox}
			for _, p := range h.Parts {
				d.Header.Parts = append(d.Header.Parts, grades.HeaderPart{Name: p.Name, Points: p.Points, Runs: p.Runs})
			}
			for i := range d.Submissions {
				s := &d.Submissions[i]
				s.At = time.Time{}
				for k := range s.Attempts {
					s.Attempts[k].Lab, s.Attempts[k].Go = "", ""
				}
			}
			golden(t, name+".json", append(indented(t, d), '\n'))

			format, err := export.Find("csv")
			require.NoError(t, err)
			var table bytes.Buffer
			require.NoError(t, format.All(&table, export.Job{Grades: d, Records: records}))
			golden(t, name+".csv", table.Bytes())
		})
	}
}

func indented(t *testing.T, d grades.ClassGrades) []byte {
	t.Helper()
	text, err := json.MarshalIndent(d, "", "  ")
	require.NoError(t, err)
	return text
}

// golden compares a text with a file of testdata.
func golden(t *testing.T, name string, text []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, text, 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(text))
}
