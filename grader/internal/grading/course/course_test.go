package course

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake/deadline"
	"raftlab/tests/kvtest"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

// lab returns the cases that there are.
func lab() (cases []suite.Case) {
	for _, c := range rafttest.Cases() {
		cases = append(cases, c.Case)
	}
	for _, c := range kvtest.Cases() {
		cases = append(cases, c.Case)
	}
	return cases
}

func load(t *testing.T, text string) (*Course, error) {
	file := filepath.Join(t.TempDir(), "course.toml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	return Load(file, lab())
}

func TestAnEmptyFileIsACourse(t *testing.T) {
	c, err := load(t, "")
	require.NoError(t, err)
	require.Len(t, c.Parts, 4)
	points := 0.0
	for _, k := range lab() {
		if k.Part < "3" {
			points += float64(k.Points)
		}
	}
	require.Equal(t, points, c.Points())
	require.Equal(t, 30, c.Part("2C").Runs.Of(record.Virtual))
	require.NotEmpty(t, c.Scoring.Bands)
}

func TestPartsAndCases(t *testing.T) {
	c, err := load(t, `
name = "Distributed systems"
[runs]
virtual = 10
[limits]
cpu = "5m"
[[part]]
name = "2A"
points = 50
[part.runs]
virtual = 40
[[part.case]]
name = "Chaos2A"
points = 9
held_back = true
[[part.case]]
name = "QuietCluster2A"
leave_out = true
[[part]]
name = "3A"
raft = "reference"
`)
	require.NoError(t, err)
	require.InDelta(t, 50, c.Part("2A").Points, 1e-9)
	sum := 0.0
	for _, k := range c.Part("2A").Cases {
		require.NotEqual(t, "QuietCluster2A", k.Name)
		sum += *k.Points
	}
	require.InDelta(t, 50, sum, 1e-9)
	require.Equal(t, []string{"Chaos2A"}, c.Held())
	require.Equal(t, Runs{40, 2, 2, 0, 10}, c.Part("2A").Runs, "a part says what is otherwise, no more")
	require.Equal(t, Runs{10, 2, 2, 0, 10}, c.Part("3A").Runs)
	require.Equal(t, 5*time.Minute, c.Limits.CPU.Duration)
	require.Equal(t, "reference", c.Part("3A").Raft)
}

func TestMistakesAreSaid(t *testing.T) {
	for text, says := range map[string]string{
		"nome = \"x\"":            `unknown setting "nome"`,
		"[runs]\nvirtual = -1":    "line 2: runs.virtual = -1: expected a whole number from 0 to 10000",
		"[runs]\nvirtual = 0":     "no runs on the virtual clock",
		"[runs]\nexact = 0":       "a pass could never be confirmed",
		"[[part]]\nname = \"2Z\"": `unknown part "2Z"`,
		"[[part]]\nname = \"2A\"\n[[part]]\nname = \"2A\"":                         "part 2A occurs twice",
		"[[part]]\nname=\"2E\"\n[[part.case]]\nname=\"Chaos2A\"":                   `unknown part "2E"; expected one of 2A, 2B`,
		"[[part]]\nname=\"2A\"\nraft=\"reference\"":                                "only the service, 3A and 3B, can run on the reference",
		"[[part]]\nname=\"2A\"\n[[part.case]]\nname=\"Chaos\"":                     `part 2A has no case "Chaos"`,
		"[scoring]\nrule = \"curve\"":                                              `scoring.rule = "curve"`,
		"[[scoring.band]]\nrate=0.5\nshare=1\n[[scoring.band]]\nrate=0.9\nshare=1": "put the bands in order",
		"[late]\nfree_days = -3":                                                   "line 2: late.free_days = -3: expected a whole number from 0 to 3650",
		"[late]\ndeadline = \"tomorrow\"":                                          `"tomorrow" is not a time: write a date`,
		"[late]\ndeadline = 23:59:00":                                              "23:59:00 is a time without a date",
		"[late]\ndeadline = 20":                                                    "20 is not a time",
		"exact_engine = \"steam\"":                                                 `exact_engine = "steam": expected auto, native, wasm or sealed`,
		"[limits]\ncpu = \"soon\"":                                                 "soon",
		"name = ":                                                                  "line 1",
	} {
		_, err := load(t, text)
		require.ErrorContains(t, err, says, text)
		require.ErrorContains(t, err, "course.toml")
	}
}

// TestADeadlineOfADayIsItsEnd checks that a date alone means the end of that day.
func TestADeadlineOfADayIsItsEnd(t *testing.T) {
	end := time.Date(2026, 11, 20, 23, 59, 59, 0, time.Local)
	for text, want := range map[string]time.Time{
		"2026-11-20":           end,
		`"2026-11-20"`:         end,
		"2026-11-20T18:00:00Z": time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC),
		`"2026-11-20 18:00"`:   time.Date(2026, 11, 20, 18, 0, 0, 0, time.Local),
		"2026-11-20T18:00:00":  time.Date(2026, 11, 20, 18, 0, 0, 0, time.Local),
	} {
		c, err := load(t, "[late]\ndeadline = "+text+"\n")
		require.NoError(t, err, text)
		require.True(t, want.Equal(c.Late.Deadline.Time), "%s: %v", text, c.Late.Deadline)
	}
}

// TestADeadlineGoesByItsOwnSeason checks that a local deadline uses the offset of its own
// season, and that the course has the same hash on machines in different zones.
func TestADeadlineGoesByItsOwnSeason(t *testing.T) {
	here := time.Local
	defer func() { time.Local = here }()
	hashes := map[string]bool{}
	for zone, offset := range map[string][2]int{"Europe/Berlin": {1, 2}, "America/New_York": {-5, -4}, "UTC": {0, 0}} {
		var err error
		time.Local, err = time.LoadLocation(zone)
		require.NoError(t, err)
		for season, text := range []string{"2026-01-15T18:00:00", "2026-07-15T18:00:00"} {
			c, err := load(t, "[late]\ndeadline = "+text+"\n")
			require.NoError(t, err)
			require.Equal(t, 18-offset[season], c.Late.Deadline.UTC().Hour(), "%s, %s", zone, text)
			hashes[text+c.Hash()] = true
		}
	}
	require.Len(t, hashes, 2)

	var err error
	time.Local, err = time.LoadLocation("America/Santiago") // where a midnight is left out
	require.NoError(t, err)
	end, err := deadline.Parse("2026-09-05")
	require.NoError(t, err)
	require.Equal(t, "23:59:59", end.Format(time.TimeOnly))
}

func TestTheHashTellsCoursesApart(t *testing.T) {
	a, err := load(t, "")
	require.NoError(t, err)
	b, err := load(t, "# the same\n")
	require.NoError(t, err)
	c, err := load(t, "[scoring]\nrace_deduction = 11\n")
	require.NoError(t, err)
	require.Equal(t, a.Hash(), b.Hash())
	require.NotEqual(t, a.Hash(), c.Hash())
	require.Equal(t, a.Rules(), c.Rules(), "what a submission is checked for is the same")
	d, err := load(t, "[[part]]\nname = \"3A\"\n")
	require.NoError(t, err)
	e, err := load(t, "[[part]]\nname = \"3A\"\nraft = \"reference\"\n")
	require.NoError(t, err)
	require.NotEqual(t, d.Rules(), e.Rules(), "another program is built")
}

func TestSeeds(t *testing.T) {
	c, err := load(t, "")
	require.NoError(t, err)
	s, made, err := c.Seeds()
	require.NoError(t, err)
	require.NotEmpty(t, made)
	again, made, err := c.Seeds()
	require.NoError(t, err)
	require.Empty(t, made)
	require.Equal(t, s.Of("2A", 3), again.Of("2A", 3))
	require.Equal(t, s.Commitment(), again.Commitment())
	require.NotEqual(t, s.Of("2A", 3), s.Of("2A", 4))
	require.NotEqual(t, s.Of("2A", 3), s.Of("2B", 3))
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, c.Secret), []byte("short"), 0o600))
	_, _, err = c.Seeds()
	require.ErrorContains(t, err, "expected a secret of at least 32 bytes")
}

// TestTheGuideShowsTheDefaults reads the settings that instructors are shown.
func TestTheGuideShowsTheDefaults(t *testing.T) {
	guide, err := os.ReadFile("../../../../handouts/instructors/class.md")
	require.NoError(t, err)
	_, block, ok := strings.Cut(string(guide), "```toml\n")
	require.True(t, ok)
	block, _, _ = strings.Cut(block, "```")
	shown, err := load(t, block)
	require.NoError(t, err)
	want := Default()
	require.Equal(t, want.Runs, shown.Runs)
	require.Equal(t, want.Scoring, shown.Scoring)
	require.Equal(t, want.Limits, shown.Limits)
	require.Equal(t, want.Name, shown.Name)
	require.Equal(t, want.Secret, shown.Secret)
	want.Late.Deadline = shown.Late.Deadline // an example
	require.Equal(t, want.Late, shown.Late)
}
