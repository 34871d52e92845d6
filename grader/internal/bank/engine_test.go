package bank

import (
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/execute/exact"
	"raftlab/solutions/mutants"
	"raftlab/tests/clock"
)

// TestTheEngineOfAMutant checks that a recorded kill runs only on the engine of its
// record.
func TestTheEngineOfAMutant(t *testing.T) {
	m := mutants.Mutant{Name: "forgets", Clock: clock.Exact}
	native, wasm := Record{"forgets": {Engine: exact.Native}}, Record{"forgets": {}}
	for _, c := range []struct {
		bank   Bank
		mutant mutants.Mutant
		want   exact.Engine
	}{
		{Bank{Engine: exact.Native}, m, exact.Native},
		{Bank{Engine: exact.Native, Recorded: native}, m, exact.Native},
		{Bank{Engine: exact.Native, Recorded: wasm}, m, exact.Wasm},
		{Bank{Engine: exact.Native}, mutants.Mutant{Clock: clock.Virtual}, exact.Wasm},
	} {
		got, err := c.bank.engine(c.mutant)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	_, err := Bank{Engine: exact.Wasm, Recorded: native}.engine(m)
	require.ErrorContains(t, err, "native engine")
}
