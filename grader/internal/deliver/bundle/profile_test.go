package bundle

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/course"
	"raftlab/tests/kvtest"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

func labCases() (cases []suite.Case) {
	for _, c := range rafttest.Cases() {
		cases = append(cases, c.Case)
	}
	for _, c := range kvtest.Cases() {
		cases = append(cases, c.Case)
	}
	return cases
}

func courseOf(t *testing.T, text string) *course.Course {
	t.Helper()
	file := filepath.Join(t.TempDir(), "course.toml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	c, err := course.Load(file, labCases())
	require.NoError(t, err)
	return c
}

// TestAPerfectProgramGetsAllPointsOfAProfile checks that a profile contains exactly the
// cases with points and counted runs.
func TestAPerfectProgramGetsAllPointsOfAProfile(t *testing.T) {
	for _, text := range []string{
		"",
		"[[part]]\nname = \"2B\"\n[[part]]\nname = \"2D\"\npoints = 1\n[[part]]\nname = \"3A\"\n",
		"[[part]]\nname = \"2A\"\n[[part.case]]\nname = \"Chaos2A\"\nleave_out = true\n",
	} {
		for _, exact := range []int{0, 1} {
			profile := DefaultProfile()
			profile.Exact = exact
			g := Gradescope{Root: "../../../..", Course: courseOf(t, text), Profile: profile, Logf: t.Logf}
			made, err := g.profile()
			require.NoError(t, err)
			c := courseOf(t, string(made))
			want, got := 0.0, 0.0
			for i, p := range g.Course.Parts {
				for _, k := range p.Cases {
					if exact > 0 || k.Counted() == "virtual" {
						want += *k.Points
					}
				}
				for _, k := range c.Parts[i].Cases {
					require.Positive(t, c.Parts[i].Runs.Of(k.Counted()), k.Name)
					got += *k.Points
				}
				require.Len(t, c.Parts[i].Cases, len(p.Cases)-len(c.Parts[i].Left)+len(p.Left), "what the course leaves out stays out")
			}
			require.InDelta(t, want, got, 1e-9)
			require.InDelta(t, want, c.Points(), 1e-9)
			if exact == 1 {
				require.InDelta(t, g.Course.Points(), c.Points(), 1e-9)
			}
		}
	}
}
