package class

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/execute/exact"
	"raftlab/grader/internal/grading/record"
)

// TestTheEngineIsChosenWhenItIsNeeded checks that the engine is chosen by the course's
// setting, once, and not for grades of recorded runs.
func TestTheEngineIsChosenWhenItIsNeeded(t *testing.T) {
	out := t.TempDir()
	c := aScriptedClass(t, out, map[string]string{"a": "passes"})
	c.Course.ExactEngine = exact.Native
	var asked []exact.Engine
	c.Choose = func(_ context.Context, engine exact.Engine) (exact.Engine, error) {
		asked = append(asked, engine)
		return exact.Native, nil
	}
	graded(t, c)
	require.Equal(t, []exact.Engine{exact.Native}, asked)
	records, err := record.Read(Records(out))
	require.NoError(t, err)
	onIt := 0
	for _, r := range records {
		if r.Mode == record.Exact {
			onIt++
			require.Equal(t, "native", r.Engine)
		} else {
			require.Empty(t, r.Engine)
		}
	}
	require.Positive(t, onIt)

	again := aScriptedClass(t, out, map[string]string{"a": "passes"})
	again.Choose = func(context.Context, exact.Engine) (exact.Engine, error) {
		t.Error("there is nothing to run")
		return "", nil
	}
	graded(t, again)
}

// TestAFolderHasOneEngine checks that a grading continues with the engine that its records
// name. Records without an engine were made with WebAssembly.
func TestAFolderHasOneEngine(t *testing.T) {
	for name, was := range map[string]exact.Engine{"": exact.Wasm, "wasm": exact.Wasm, "native": exact.Native} {
		out := t.TempDir()
		graded(t, aScriptedClass(t, out, map[string]string{"a": "passes"}))
		for _, course := range exact.Engines() {
			unfinished(t, out, name)
			again := aScriptedClass(t, out, map[string]string{"a": "passes", "b": "passes"})
			again.Course.ExactEngine = course
			again.Choose = func(_ context.Context, asked exact.Engine) (exact.Engine, error) {
				require.Equal(t, was, asked, "%q, and the course says %s", name, course)
				return asked, nil
			}
			_, err := again.Run(t.Context(), Silent{})
			if course == exact.Auto || course == was {
				require.NoError(t, err)
				continue
			}
			require.ErrorContains(t, err, fmt.Sprintf("set exact_engine = %q", was))
			require.ErrorContains(t, err, "--out")
		}
	}
}

// TestACaseDecidedOnTheExactClockNamesItsEngine checks a case that stalled on the virtual
// clock.
func TestACaseDecidedOnTheExactClockNamesItsEngine(t *testing.T) {
	stalled := record.Record{Kind: record.Run, Mode: record.Virtual, Cases: []record.CaseResult{{Name: "A"}, {Name: "B", Decided: "exact"}}}
	require.Equal(t, exact.Wasm, engineIn([]record.Record{{Mode: record.Race}, stalled}))
	stalled.Engine = "native"
	require.Equal(t, exact.Native, engineIn([]record.Record{{Mode: record.Race}, stalled}))
	stalled.Cases[1].Decided = "real"
	require.Empty(t, engineIn([]record.Record{stalled}))
}

// unfinished removes the last run on the exact clock from the records of a grading and
// sets the engine of the other records.
func unfinished(t *testing.T, out, engine string) {
	records, err := record.Read(Records(out))
	require.NoError(t, err)
	require.NoError(t, os.Remove(Records(out)))
	file, _, err := record.Open(Records(out))
	require.NoError(t, err)
	defer file.Close()
	last := -1
	for i, r := range records {
		if r.Mode == record.Exact {
			last = i
		}
	}
	require.GreaterOrEqual(t, last, 0)
	for i, r := range records {
		if i == last {
			continue
		}
		if r.Mode == record.Exact {
			r.Engine = engine
		}
		require.NoError(t, file.Append(r))
	}
}
