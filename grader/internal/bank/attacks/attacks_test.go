package attacks

import (
	"go/format"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/intake"
	"raftlab/grader/internal/intake/policy"
)

const solutions = "../../../../solutions"

func all(t *testing.T) []Attack {
	t.Helper()
	list, err := All()
	require.NoError(t, err)
	require.Greater(t, len(list), 40)
	return list
}

// TestIntakeAndPolicyStopWhatTheyMust takes each attack in and checks it: what
// is to end there does, with words to act on, and nothing else does.
func TestIntakeAndPolicyStopWhatTheyMust(t *testing.T) {
	checker, err := policy.NewChecker(t.Context(), "../../../..", policy.Rules{})
	require.NoError(t, err)
	for _, a := range all(t) {
		t.Run(a.Name, func(t *testing.T) {
			path, err := a.Write(t.TempDir(), "student", solutions)
			require.NoError(t, err)
			s, err := intake.Open(path, intake.DefaultBounds())
			var rejected *intake.Rejected
			if a.Classes[0] == nothingHandedIn {
				require.ErrorAs(t, err, &rejected)
				require.NotEmpty(t, rejected.Why)
				require.NotContains(t, rejected.Why, path[:len(path)-len(filepath.Base(path))], "no path of this machine")
				return
			}
			require.NoError(t, err)
			found := checker.Check(s.Files)
			if a.Classes[0] != "policy" {
				require.Empty(t, found)
				return
			}
			require.NotEmpty(t, found)
			for _, f := range found {
				require.Contains(t, s.Files, f.File)
				require.Positive(t, f.Line)
				require.NotEmpty(t, f.Why+f.Instead)
			}
			refusedLines(t, a, found)
		})
	}
}

// refusedLines compares the findings with the lines that an attack says are refused:
// an attack by several ways must be stopped in each.
func refusedLines(t *testing.T, a Attack, found []policy.Finding) {
	t.Helper()
	for name, text := range a.files {
		var want, got []int
		for i, line := range strings.Split(string(text), "\n") {
			if strings.HasSuffix(line, "// refused") {
				want = append(want, i+1)
			}
		}
		for _, f := range found {
			if f.File == name && !slices.Contains(got, f.Line) {
				got = append(got, f.Line)
			}
		}
		if want != nil {
			require.Equal(t, want, got, "lines of %s that are refused:\n%v", name, found)
		}
	}
}

// TestWhatIsIgnoredIsListed looks at the attacks by files that are not taken.
func TestWhatIsIgnoredIsListed(t *testing.T) {
	reference, err := Reference(solutions)
	require.NoError(t, err)
	for _, a := range all(t) {
		if !strings.HasPrefix(a.Name, "own-") {
			continue
		}
		path, err := a.Write(t.TempDir(), "student", solutions)
		require.NoError(t, err)
		s, err := intake.Open(path, intake.DefaultBounds())
		require.NoError(t, err)
		var taken []string
		for name := range s.Files {
			if _, ok := reference[name]; !ok {
				taken = append(taken, name)
			}
		}
		require.Equal(t, []string{"raft/attack.go"}, taken, a.Name)
		var ignored []string
		for _, i := range s.Ignored {
			ignored = append(ignored, i.Path)
		}
		for name := range a.files {
			if strings.HasPrefix(name, "vendor/") {
				name = "vendor" // which is passed over as a whole
			}
			if name != "raft/attack.go" {
				require.Contains(t, ignored, name)
			}
		}
	}
}

func TestFixturesAreFormatted(t *testing.T) {
	for _, a := range all(t) {
		for name, text := range a.files {
			if !strings.HasSuffix(name, ".go") {
				continue
			}
			formatted, err := format.Source(text)
			require.NoError(t, err, "%s %s", a.Name, name)
			require.Equal(t, string(formatted), string(text), "%s %s", a.Name, name)
		}
	}
}
