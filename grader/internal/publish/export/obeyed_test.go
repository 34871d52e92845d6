package export_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/grading/sample"
	"raftlab/grader/internal/intake/roster"
	"raftlab/grader/internal/publish/export"
)

// formulas are what spreadsheets take for the beginning of one, after any spaces.
var formulas = []string{"=", "+", "-", "@", "\t=", "\r@", " +", "|", "%", "\u202e=", "\x1b[31m="}

// TestNothingIsObeyed puts words into every text of the grades, the records, the roster
// and the fields that some program would obey, and reads every format as that program
// does.
func TestNothingIsObeyed(t *testing.T) {
	for _, first := range formulas {
		t.Run(strconv.Quote(first), func(t *testing.T) {
			spoiled := func(text string) string { return first + sample.Hostile + text }
			j := twoOf(t)
			j.Roster = &roster.Roster{Students: []roster.Student{{ID: sample.HostileID, Team: sample.HostileID}, {ID: "s000", Team: "s000"}}}
			sanitize.Each(&j.Grades, spoiled)
			sanitize.Each(&j.Records, spoiled)
			sanitize.Each(j.Roster, spoiled)
			for _, f := range export.Formats() {
				j.Fields = map[string]string{}
				for _, k := range f.Fields {
					j.Fields[k.Name] = spoiled("")
				}
				for _, address := range []string{"commit", "release", "review"} {
					j.Fields[address] = "https://" + spoiled("")
				}
				if f.One != nil {
					harmless(t, f.Name, one(t, j, f.Name, spoiled(sample.HostileID)))
				}
				if f.All != nil {
					harmless(t, f.Name, all(t, j, f.Name))
				}
			}
			// What the autograder writes itself.
			r, err := j.Gradescope(j.Grades.Submissions[0])
			require.NoError(t, err)
			text, err := json.Marshal(r)
			require.NoError(t, err)
			harmless(t, "the autograder", text)
		})
	}
}

func TestAddressesArePages(t *testing.T) {
	f, err := export.Find("classroom50")
	require.NoError(t, err)
	for _, field := range []string{"commit", "release", "review"} {
		j := job(t)
		j.Fields = maps.Clone(classroom)
		for _, address := range []string{"javascript:alert(1)", " data:text/html,x", "4f2a9c1"} {
			j.Fields[field] = address
			require.ErrorContains(t, f.One(io.Discard, j, j.Grades.Submissions[0]), "https://", address)
		}
	}
}

// twoOf is the export of two submissions, all of which may be changed.
func twoOf(t *testing.T) export.Job {
	t.Helper()
	j := job(t)
	other := func(id string) bool { return id != "s000" && id != sample.HostileID }
	j.Grades.Submissions = slices.DeleteFunc(j.Grades.Submissions, func(s grades.Grade) bool { return other(s.ID) })
	require.Len(t, j.Grades.Submissions, 2)
	var shared []record.Record
	for _, r := range j.Records {
		if !other(r.Submission) {
			shared = append(shared, r)
		}
	}
	text, err := json.Marshal(shared)
	require.NoError(t, err)
	j.Records = nil
	require.NoError(t, json.Unmarshal(text, &j.Records))
	return j
}

// harmless reads what a format wrote, and looks at every text in it.
func harmless(t *testing.T, format string, text []byte) {
	t.Helper()
	cell := func(string) {}
	var texts []string
	switch text[0] {
	case '{':
		texts = textsOfJSON(t, text)
	case '<':
		texts = textsOfXML(t, text)
	default:
		for _, row := range rows(t, text) {
			texts = append(texts, row...)
		}
		cell = func(text string) {
			if _, err := strconv.ParseFloat(text, 64); err != nil { // else it is a number of ours
				require.NotRegexp(t, `^\s*[=+@|%\-＝＋－＠]`, text, format)
			}
		}
	}
	if text[0] == '{' || text[0] == '<' {
		require.False(t, bytes.Contains(text, []byte("<script")), "%s: markup in JSON and XML is escaped", format)
	}
	for _, text := range texts {
		require.False(t, strings.ContainsAny(text, "\x1b\x07\r\u202e"), "%s: control characters in %q", format, text)
		cell(text)
	}
}

// textsOfJSON returns all texts of one or several values, keys included.
func textsOfJSON(t *testing.T, text []byte) (all []string) {
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case string:
			all = append(all, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for key, e := range v {
				all = append(all, key)
				walk(e)
			}
		}
	}
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var value any
		err := d.Decode(&value)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		walk(value)
	}
}

// textsOfXML returns all texts and attributes.
func textsOfXML(t *testing.T, text []byte) (all []string) {
	for d := xml.NewDecoder(bytes.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		switch e := token.(type) {
		case xml.StartElement:
			for _, a := range e.Attr {
				all = append(all, a.Value)
			}
		case xml.CharData:
			all = append(all, string(e))
		}
	}
}
