package export

import (
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
)

// TestAnExactRunIsRepeatedOnItsEngine checks that the command names the engine, because a
// seed has another run on each engine.
func TestAnExactRunIsRepeatedOnItsEngine(t *testing.T) {
	f := grades.Failure{Case: "ReElection2A", Seed: 7, Mode: record.Exact, Engine: "native"}
	require.Equal(t, "go run ./grader run --run 'TestReElection2A$' --seed 7 --runs 1 --clock exact --engine native .", rerunCommand(f))
	f.Engine = "" // recorded when there was one engine
	require.Contains(t, rerunCommand(f), "--clock exact --engine wasm .")
	f.Mode = record.Virtual
	require.NotContains(t, rerunCommand(f), "--engine")
}
