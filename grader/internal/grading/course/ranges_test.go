package course

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// settings are lines that set one number each, with %s in its place.
var settings = map[string]string{
	"virtual runs":            "[runs]\nvirtual = %s",
	"race runs":               "[runs]\nrace = %s",
	"exact runs":              "[runs]\nexact = %s",
	"real runs":               "[runs]\nreal = %s",
	"runs after a race":       "[runs]\nexact_after_race = %s",
	"race deduction":          "[scoring]\nrace_deduction = %s",
	"confirming race runs":    "[scoring]\nconfirm = { race = %s, exact = 1 }",
	"confirming exact runs":   "[scoring.confirm]\nexact = %s",
	"rate of a band":          "[[scoring.band]]\nrate = %s\nshare = 1",
	"share of a band":         "[[scoring.band]]\nrate = 1\nshare = 1\n[[scoring.band]]\nrate = 0.5\nshare = %s",
	"memory":                  "[limits]\nmemory_mb = %s",
	"output":                  "[limits]\noutput_mb = %s",
	"processes":               "[limits]\nprocesses = %s",
	"free days":               "[late]\nfree_days = %s",
	"cost of a day":           "[late]\nper_day = %s",
	"most that a day costs":   "[late]\nmost = %s",
	"points of a part":        "[[part]]\nname = \"2A\"\npoints = %s",
	"points of a case":        "[[part]]\nname = \"2A\"\n[[part.case]]\nname = \"Chaos2A\"\npoints = %s",
	"virtual runs of a part":  "[[part]]\nname = \"2A\"\nruns = { virtual = %s }",
	"exact runs of a part":    "[[part]]\nname = \"2A\"\n[part.runs]\nexact = %s",
	"race runs of a part":     "[[part]]\nname = \"2A\"\n[part.runs]\nrace = %s",
	"real runs of a part":     "[[part]]\nname = \"2A\"\n[part.runs]\nreal = %s",
	"runs of a part, raced":   "[[part]]\nname = \"2A\"\n[part.runs]\nexact_after_race = %s",
	"processor time":          "[limits]\ncpu = \"%s\"",
	"time for building":       "[limits]\nbuild_time = \"%s\"",
	"points of a second part": "[[part]]\nname = \"2A\"\npoints = 5\n[[part]]\nname = \"2B\"\npoints = %s",
}

// TestEveryNumberIsBounded gives every number of a course what no course can mean.
func TestEveryNumberIsBounded(t *testing.T) {
	for what, form := range settings {
		for _, value := range []string{"nan", "+inf", "-inf", "-1", "2000000000", "9223372036854775807", "1e300", "1e-320", "-0.001"} {
			if strings.Contains(form, `"%s"`) { // a time
				if value = map[string]string{"-1": "-1s", "2000000000": "200000h", "1e-320": "1ns", "nan": "0s"}[value]; value == "" {
					continue
				}
			}
			text := fmt.Sprintf(form, value)
			_, err := load(t, "name = \"x\"\n"+text+"\n# the end\n")
			switch {
			case value == "1e-320" && (strings.Contains(form, "rate") || strings.Contains(form, "share") || strings.Contains(form, "per_day") || strings.Contains(form, "most =")):
				// it is as good as 0, where 0 is allowed
				continue
			case value == "1e-320" && strings.Contains(form, "race_deduction"):
				require.NoError(t, err)
				continue
			}
			require.Error(t, err, "%s: %s", what, value)
			require.ErrorContains(t, err, "course.toml: ", "%s: %s", what, value)
			require.ErrorContains(t, err, "line ", "%s: %s", what, value)
		}
	}
}

// TestTheLineAtFaultIsNamed writes numbers in all ways that TOML has.
func TestTheLineAtFaultIsNamed(t *testing.T) {
	for text, says := range map[string]string{
		"\n\n[late]\nper_day = nan\n":             "course.toml: line 4: late.per_day = NaN: expected a number from 0 to 1",
		"late.per_day = nan":                      "line 1: late.per_day",
		"late = { free_days = 3, per_day = inf }": "line 1: late.per_day = +Inf",
		"[scoring]\nband = [\n  { rate = 0.5, share = 1 },\n  { rate = 0.4, share = nan },\n]\n":                                                                                                  "lines 2 to 5: scoring.band 2: share = NaN",
		"[[part]]\nname = \"2A\"\n[[part.case]]\nname = \"ReElection2A\"\npoints = 3\n[[part.case]]\nname = \"Chaos2A\"\npoints = inf\n[[part.case]]\nname = \"InitialElection2A\"\npoints = 1\n": "line 8: part 2A: case Chaos2A: points = +Inf: expected points: 0, or a number from 1e-06 to 1000000",
		"name = \"\"\"\npoints = nan\n\"\"\"\n[runs]\nvirtual = 20000\n":                                                                                                                          "line 5: runs.virtual = 20000: expected a whole number from 0 to 10000",
		"[limits]\ncpu = \"2s\"\nbuild_time = \"0s\"\n":                                                                                                                                           "line 3: limits.build_time = 0s: expected a time from 1s to 24h0m0s",
	} {
		_, err := load(t, text)
		require.ErrorContains(t, err, says, text)
	}
}

// TestCasesOfTheExactClock checks that a course without runs on the exact clock cannot
// have cases that need it, because nobody could get their points.
func TestCasesOfTheExactClock(t *testing.T) {
	none := "[runs]\nexact = 0\n[scoring.confirm]\nexact = 0\n"
	_, err := load(t, none)
	require.ErrorContains(t, err, "part 2B: SlowService2B cannot run on the virtual clock, and runs.exact = 0: nobody could get the 2 points")
	_, err = load(t, none+"[[part]]\nname = \"2A\"\n")
	require.NoError(t, err, "it has no such case")
	_, err = load(t, none+"[[part]]\nname = \"2D\"\nruns = { exact = 1 }\n")
	require.NoError(t, err, "the part runs it")
	c, err := load(t, none+"[[part]]\nname = \"2D\"\n[[part.case]]\nname = \"SlowService2D\"\nleave_out = true\n")
	require.NoError(t, err)
	require.Len(t, c.Part("2D").Left, 1)
	_, err = load(t, none+"[[part]]\nname = \"2D\"\n[[part.case]]\nname = \"SlowService2D\"\npoints = 0\n")
	require.NoError(t, err, "it is worth nothing")
	_, err = load(t, "[scoring.confirm]\nexact = 0\n[[part]]\nname = \"2B\"\nruns = { exact = 0 }\n")
	require.ErrorContains(t, err, "SlowService2B")
}

// FuzzCourse reads any text as a course. One that is taken has finite points, and
// nothing in it that cannot be written down.
func FuzzCourse(f *testing.F) {
	for _, what := range slices.Sorted(maps.Keys(settings)) {
		f.Add(fmt.Sprintf(settings[what], "1"))
	}
	f.Add("[late]\ndeadline = 2026-11-01T23:59:00Z\nper_day = nan\n")
	f.Add("[[scoring.band]]\nrate = inf\nshare = -0.0\n")
	f.Add("[policy]\nimports = [\"x\"]\nnames = []\n[limits]\ncpu = \"1h\"\n")
	cases := lab()
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4<<10 {
			return
		}
		c, err := parse(text, cases)
		if err != nil {
			return
		}
		sum := 0.0
		for _, p := range c.Parts {
			for _, k := range p.Cases {
				sum += *k.Points
			}
			require.True(t, 0 <= p.Points && p.Points <= MostPoints*float64(len(cases)), "%v", p.Points)
			require.Empty(t, p.NeverRun())
		}
		require.InDelta(t, c.Points(), sum, 1e-6*max(1, sum))
		_, err = json.Marshal(c)
		require.NoError(t, err)
		c.Hash()
		c.Rules()
	})
}

func TestACourseIsAFile(t *testing.T) {
	_, err := Load(t.TempDir(), lab())
	require.ErrorContains(t, err, "not a regular file")
	file := filepath.Join(t.TempDir(), "course.toml")
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("#", maxFile+1)), 0o644))
	_, err = Load(file, lab())
	require.ErrorContains(t, err, "more than 1048576 bytes")
}
