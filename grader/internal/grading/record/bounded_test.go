package record

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARecordIsBounded(t *testing.T) {
	long := strings.Repeat("é", 1<<20)
	many := make([]string, 19_000)
	for i := range many {
		many[i] = "not taken: a name"
	}
	r := Record{
		Kind: Check, Message: long, Warnings: many, Findings: make([]Finding, 3000),
		Cases: []CaseResult{{Name: "ReElection2A", Message: long, Property: long, Warnings: []string{long}}},
	}
	r.Findings[0] = Finding{File: long, Line: 7, What: long, Why: long, Instead: long}
	b := r.Bounded()
	line, err := json.Marshal(b)
	require.NoError(t, err)
	require.Less(t, len(line), 32<<10)
	require.Len(t, r.Cases[0].Message, len(long), "the given one is left as it is")
	require.Len(t, b.Findings, maxFindings)
	require.Equal(t, 7, b.Findings[0].Line)
	require.Equal(t, "and 18977 more warnings", b.Warnings[maxWarnings-1])
	require.Equal(t, "there are 3000 findings of the policy, of which 50 are listed", b.Warnings[maxWarnings])

	small := Record{Kind: Run, Message: "m", Warnings: []string{"w"}, Cases: []CaseResult{{Name: "n", Message: "c"}}}
	require.Equal(t, small.Cases, small.Bounded().Cases)
	require.Equal(t, small.Warnings, small.Bounded().Warnings)
}
