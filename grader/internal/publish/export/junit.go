package export

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"

	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/grading/grades"
)

// The JUnit format that build servers read: a suite for each submission, a test for each
// case.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure"`
	Skipped *struct{}     `xml:"skipped"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

func junit() Format {
	return Format{
		Name: "junit", About: "JUnit XML, a suite for each submission", File: "junit.xml",
		One: func(w io.Writer, j Job, s grades.Grade) error { return writeJUnit(w, j, []grades.Grade{s}) },
		All: func(w io.Writer, j Job) error { return writeJUnit(w, j, j.Grades.Submissions) },
	}
}

func writeJUnit(w io.Writer, j Job, submissions []grades.Grade) error {
	all := junitSuites{Name: sanitize.Line(j.Grades.Header.Course)}
	total := 0.0
	for _, s := range submissions {
		suite := junitSuite{
			Name: sanitize.Line(s.ID), Timestamp: s.At.UTC().Format("2006-01-02T15:04:05"), Time: fmt.Sprintf("%.3f", j.wallTime(s)),
			Properties: []junitProperty{
				{"score", number(s.Score)}, {"points", number(s.Points)}, {"status", string(s.Status)}, {"class", string(s.Outcome)},
				{"config", j.Grades.Header.Config}, {"digest", s.Digest}, {"lab", sanitize.Line(j.Grades.Header.Lab)},
			},
		}
		total += j.wallTime(s)
		j.eachCase(s, func(p grades.HeaderPart, k grades.HeaderCase, c grades.CaseGrade) {
			t := junitCase{Class: p.Name, Name: k.Name, Time: fmt.Sprintf("%.3f", j.caseWall(s, k.Name))}
			suite.Tests++
			switch {
			case c.Runs == 0 && s.Status == grades.Refused:
				t.Failure = &junitFailure{Message: "it was not run: " + s.Outcome.Label(), Type: string(s.Outcome), Text: sanitize.Cut(sanitize.Text(s.Why), maxCase)}
				suite.Failures++
			case c.Runs == 0:
				t.Skipped = &struct{}{}
				suite.Skipped++
			case !fullScore(c):
				t.Failure = &junitFailure{Message: hint(c), Type: failureType(c), Text: caseText(k, c)}
				suite.Failures++
			}
			suite.Cases = append(suite.Cases, t)
		})
		all.Tests += suite.Tests
		all.Failures += suite.Failures
		all.Skipped += suite.Skipped
		all.Suites = append(all.Suites, suite)
	}
	all.Time = fmt.Sprintf("%.3f", total)
	sanitize.Each(&all, sanitize.Text)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	out := xml.NewEncoder(w)
	out.Indent("", "  ")
	if err := out.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// failureType returns the most frequent failure of a case.
func failureType(c grades.CaseGrade) string {
	if len(c.Failures) == 0 {
		return "unconfirmed"
	}
	return cmp.Or(sanitize.Line(c.Failures[0].Property), string(c.Failures[0].Outcome))
}
