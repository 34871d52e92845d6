package fault

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var everything = Kind{
	Servers: []int{3, 4, 5, 7}, Commands: 50, Steps: 40,
	Verbs: []Verb{Start, Crash, Restart, Cut, Heal, Split, Lose, Duplicate, Late, Hold, Release, SlowDisk, Snapshots, Calm},
}

// TestScriptsReadBack checks that a generated schedule prints as a script from which
// Parse reads the same schedule.
func TestScriptsReadBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		s := Generate(r, everything)
		require.NoError(t, s.Check())
		back, err := Parse(s.String())
		require.NoError(t, err, s.String())
		require.Equal(t, s.String(), back.String())
		require.Equal(t, s, back)
	}
}

func TestScriptOfThePackage(t *testing.T) {
	s, err := Parse(`
		servers 5   # as in the package comment
		commands 40
		at 0.8s: crash leader
		at 1.5s: restart all
		at commit 12: crash 2 at save 1
		at call 30 AppendEntries: split 0 1 | 2 3 4
		at election 3: heal
		when led: crash leader after AppendEntries
		after 0.25s: hold replies RequestVote
		after 0.4s: release
		after 0.1s: start 3 at leader
		after 0.1s: start SET x=5 at 1
		after 40ms: cut 1 -> 3
		after 1s: calm`)
	require.NoError(t, err)
	require.Len(t, s.Steps, 12)
	require.Equal(t, Step{When{Trigger: Commit, Count: 12}, Action{Verb: Crash, Who: 2, To: All, Save: 1}}, s.Steps[2])
	require.Equal(t, [][]int{{0, 1}, {2, 3, 4}}, s.Steps[3].Do.Sides)
	require.Equal(t, "after 0.04s: cut 1 -> 3", s.Steps[10].When.String()+": "+s.Steps[10].Do.String())
	require.Equal(t, "start SET x=5 at 1", s.Steps[9].Do.String())
}

func TestErrorsInScriptsAreNamed(t *testing.T) {
	for script, says := range map[string]string{
		"":                                  "there are no servers",
		"servers x":                         `line 1, "servers x": "x" is not a whole number`,
		"servers 3\nhello":                  `line 2, "hello": unknown line; expected "servers N"`,
		"servers 3\nat noon: calm":          `"noon" is not a duration`,
		"servers 3\nsome day: calm":         `unknown time "some day"; expected "at 0.8s"`,
		"servers 3\nwhen led: explode":      `unknown action "explode"; expected start`,
		"servers 3\nwhen led: crash 3":      `there is no server 3; expected 0 to 2`,
		"servers 3\nwhen led: split 0 | 9":  `there is no server 9`,
		"servers 3\nwhen led: crash 1 soon": `unknown words "soon" after "crash 1"`,
		"servers 3\nwhen led: lose 101%":    "at most 100%",
		"servers 3\nwhen led: crash all":    "expected one server, by number or as leader",
	} {
		_, err := Parse(script)
		require.ErrorContains(t, err, says, script)
	}
}

// TestShrink shrinks schedules for a program that fails if server 1 crashes and the leader
// is cut off later.
func TestShrink(t *testing.T) {
	fails := func(s Schedule) bool {
		crashed := slices.IndexFunc(s.Steps, func(p Step) bool { return p.Do.Verb == Crash && p.Do.Who == 1 })
		cut := slices.IndexFunc(s.Steps, func(p Step) bool { return p.Do.Verb == Cut && p.Do.Who == Leader })
		return crashed >= 0 && cut > crashed && s.Commands > 2
	}
	r := rand.New(rand.NewPCG(5, 6))
	shrunk := 0
	for range 500 {
		s := Generate(r, everything)
		if !fails(s) {
			continue
		}
		shrunk++
		before := s.String()
		small := Shrink(s, fails)
		require.True(t, fails(small))
		require.Len(t, small.Steps, 2)
		require.LessOrEqual(t, small.Commands, 5)
		less := small
		if less.Servers = 3; less.Check() == nil {
			require.LessOrEqual(t, small.Servers, 3)
		}
		require.Equal(t, before, s.String(), "Shrink does not change the schedule itself")
		for _, step := range small.Steps {
			require.LessOrEqual(t, step.When.Time, 2*shortest)
		}
	}
	require.Greater(t, shrunk, 10)
}

func TestSpan(t *testing.T) {
	s, err := Parse("servers 3\nat 2s: calm\nafter 500ms: calm\nwhen led: calm")
	require.NoError(t, err)
	require.Equal(t, 2500*time.Millisecond, s.Span())
}
