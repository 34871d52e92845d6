package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/record"
)

// TestAnExactRunIsRepeatedOnItsEngine checks that the command names the engine, because a
// seed has another run on each engine.
func TestAnExactRunIsRepeatedOnItsEngine(t *testing.T) {
	for engine, want := range map[string]string{"native": "native", "wasm": "wasm", "": "wasm"} {
		all := rerunCommands("ReElection2A", record.Record{Mode: record.Exact, Seed: 7, Engine: engine})
		require.Len(t, all, 1)
		require.Equal(t, "go run ./grader replay --clock exact --engine "+want+" --run 'TestReElection2A$' --seed 7 --times 2 .", all[0].Line)
	}
}
