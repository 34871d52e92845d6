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

// TestScriptsReadBack: whatever is generated prints as a script that says the
// same.
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
		servers 5   # as in the comment on the package
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

func TestWhatIsWrongInAScriptIsNamed(t *testing.T) {
	for script, says := range map[string]string{
		"":                                  "there are no servers",
		"servers x":                         `line 1, "servers x": "x" is not a whole number`,
		"servers 3\nhello":                  `line 2, "hello": this is neither`,
		"servers 3\nat noon: calm":          `"noon" is no time`,
		"servers 3\nsome day: calm":         "say when",
		"servers 3\nwhen led: explode":      `"explode" is nothing that can be done`,
		"servers 3\nwhen led: crash 3":      `there is no server 3; they are 0 to 2`,
		"servers 3\nwhen led: split 0 | 9":  `there is no server 9`,
		"servers 3\nwhen led: crash 1 soon": `what does "soon" mean after "crash 1"?`,
		"servers 3\nwhen led: lose 101%":    "more than all",
		"servers 3\nwhen led: crash all":    "name one server, by its number or as leader",
	} {
		_, err := Parse(script)
		require.ErrorContains(t, err, says, script)
	}
}

// TestShrink has a program that fails if server 1 crashes and, some time later,
// the leader is cut off.
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
		require.Equal(t, before, s.String(), "the schedule itself is left as it was")
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
