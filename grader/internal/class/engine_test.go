package class

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/exact"
	"raftlab/grader/internal/record"
)

// TestTheEngineIsChosenWhenItIsNeeded: by what the course says, once, and not to make
// grades of what is recorded.
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

// TestEnginesAreNotMixed: a grading goes on with the engine that it was begun with, and
// what names none was begun with WebAssembly.
func TestEnginesAreNotMixed(t *testing.T) {
	for _, was := range []string{"", "wasm", "native"} {
		out := t.TempDir()
		c := aScriptedClass(t, out, map[string]string{"a": "passes"})
		graded(t, c)
		unfinished(t, out, was)
		for _, is := range []exact.Engine{exact.Wasm, exact.Native} {
			again := aScriptedClass(t, out, map[string]string{"a": "passes"})
			again.Choose = func(context.Context, exact.Engine) (exact.Engine, error) { return is, nil }
			_, err := again.Run(t.Context(), Silent{})
			if is == engineOf(record.Record{Engine: was}) {
				require.NoError(t, err)
				unfinished(t, out, was)
				continue
			}
			require.ErrorContains(t, err, "exact_engine = ")
			require.ErrorContains(t, err, "--out")
		}
	}
}

// unfinished takes the last run on the exact clock out of the records of a grading, and
// says of the others that they were made with an engine.
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
