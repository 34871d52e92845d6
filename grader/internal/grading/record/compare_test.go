package record

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// aRun is a run with a case in it.
func aRun(m Mode, class Outcome, hash string) Record {
	return Record{Kind: Run, Submission: "ann", Part: "2A", Mode: m, Cases: []CaseResult{{Name: "A", Outcome: class, Hash: hash}}}
}

func TestCompare(t *testing.T) {
	elsewhere := aRun(Virtual, Passed, "1")
	elsewhere.Wall, elsewhere.CPU, elsewhere.Sandbox, elsewhere.At, elsewhere.Cases[0].Wall = 1, 2, "none", time.Now(), 3
	for name, k := range map[string]struct {
		old, now     []Record
		same, traces int
		differ       string
	}{
		"the same":                            {[]Record{aRun(Virtual, Passed, "1")}, []Record{elsewhere}, 1, 0, ""},
		"another trace, on the virtual clock": {[]Record{aRun(Virtual, Passed, "1")}, []Record{aRun(Virtual, Passed, "2")}, 0, 1, ""},
		"another trace, on the exact clock":   {[]Record{aRun(Exact, Passed, "1")}, []Record{aRun(Exact, Passed, "2")}, 0, 0, "ann, 2A exact run 0: …"},
		"another outcome":                     {[]Record{aRun(Virtual, Passed, "1")}, []Record{aRun(Virtual, Panic, "1")}, 0, 0, "ann, 2A virtual run 0: …"},
		"gone":                                {[]Record{aRun(Virtual, Passed, "1")}, nil, 0, 0, "ann, 2A virtual run 0: gone"},
		"new":                                 {nil, []Record{aRun(Virtual, Passed, "1")}, 0, 0, "ann, 2A virtual run 0: new"},
		"a canary tells of the machine":       {nil, []Record{{Kind: Canary}}, 0, 0, ""},
		"a check is compared as a whole":      {[]Record{{Kind: Check, Submission: "ann"}}, []Record{{Kind: Check, Submission: "ann", Message: "x"}}, 0, 0, "ann, check: …"},
	} {
		c := Compare(k.old, k.now)
		require.Equal(t, k.same, c.Same, name)
		require.Equal(t, k.traces, c.Traces, name)
		if k.differ == "" {
			require.Empty(t, c.Differ, name)
			continue
		}
		require.Len(t, c.Differ, 1, name)
		require.Contains(t, c.Differ[0], k.differ, name)
	}
}
