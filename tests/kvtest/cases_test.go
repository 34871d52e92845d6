package kvtest

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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

// TestNoMethodShadowsAnother checks that Lab embeds nothing, so that none of its methods hides
// one of the cluster or the trial.
func TestNoMethodShadowsAnother(t *testing.T) {
	lab := reflect.TypeFor[Lab]()
	for i := range lab.NumField() {
		require.False(t, lab.Field(i).Anonymous, "Lab embeds %s", lab.Field(i).Name)
	}
}
