package kvtest

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/tests/linear"
)

func TestCasesAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Cases() {
		require.False(t, seen[c.Name], "%s twice", c.Name)
		seen[c.Name] = true
		require.True(t, strings.HasSuffix(c.Name, c.Part), c.Name)
		require.Contains(t, []string{"3A", "3B"}, c.Part)
		require.Positive(t, c.Points, c.Name)
		require.Positive(t, c.Servers, c.Name)
		require.NotEmpty(t, c.Title, c.Name)
		require.True(t, (c.play == nil) != (c.chaos == nil), c.Name)
		require.Equal(t, c.Part == "3B", c.MaxRaftState > 0, c.Name)
		page, place, _ := strings.Cut(c.Handout, "#")
		b, err := os.ReadFile(filepath.Join("../../handouts", page))
		require.NoError(t, err, c.Name)
		require.Contains(t, strings.ToLower(string(b)), "\n## "+strings.ReplaceAll(place, "-", " ")+"\n", c.Name)
	}
}

func TestDifference(t *testing.T) {
	require.Equal(t, "(0.2) is missing", difference("(0.1)(0.3)", "(0.1)(0.2)(0.3)"))
	require.Equal(t, "(0.2) occurs 2 times", difference("(0.1)(0.2)(0.2)", "(0.1)(0.2)"))
	require.Contains(t, difference("(0.2)(0.1)", "(0.1)(0.2)"), `it read "(0.2)(0.1)"`)
}

// TestTracesHoldOperations: with what the check found, also one that never returned.
func TestTracesHoldOperations(t *testing.T) {
	op := func(client int, kind linear.Kind, value string, call, ret time.Duration) linear.Op {
		return linear.Op{Client: client, Kind: kind, Key: "k", Value: value, Call: call, Return: ret}
	}
	l := &Lab{history: []linear.Op{op(0, linear.Append, "a", 1, 2), op(1, linear.Get, "aa", 3, 4)}}
	pending := op(2, linear.Get, "", 3, linear.Pending)
	l.clients = []*Client{{now: &pending}}
	l.checked = linear.Check(l.operations(), checkSteps)
	events := l.tell()
	require.Len(t, events, 3)
	said := func(i int) string { return fmt.Sprint(events[i].Server, " ", events[i].At, " ", events[i].Rest) }
	require.Equal(t, `100 1ns [{Op Append} {Key k} {Value "a"} {Returned 2} {Place 1} {Conflict true}]`, said(0))
	require.Equal(t, `101 3ns [{Op Get} {Key k} {Value "aa"} {Returned 4} {Misfit true}]`, said(1))
	require.Equal(t, `102 3ns [{Op Get} {Key k}]`, said(2))
	require.Equal(t, strings.Repeat("x", 40)+"..."+strings.Repeat("y", 120), ends(strings.Repeat("x", 100)+strings.Repeat("y", 120)))
}

// TestNoMethodShadowsAnother: what a case does to its cluster, and to its trial, is said by
// name, so that a method of the lab hides none of theirs.
func TestNoMethodShadowsAnother(t *testing.T) {
	lab := reflect.TypeFor[Lab]()
	for i := range lab.NumField() {
		require.False(t, lab.Field(i).Anonymous, "Lab embeds %s", lab.Field(i).Name)
	}
}
