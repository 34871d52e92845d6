package record

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// numbered is the run of that number.
func numbered(k int) Record {
	return Record{Kind: Run, Submission: "ann", Attempt: 1, Part: "2A", Mode: Virtual, K: k, Seed: 1<<64 - 1, Cases: []CaseResult{{Name: "A2A", Outcome: Passed}}}
}

func TestATornLineIsTakenOut(t *testing.T) {
	name := filepath.Join(t.TempDir(), "records.jsonl")
	f, records, err := Open(name)
	require.NoError(t, err)
	require.Empty(t, records)
	for k := range 3 {
		require.NoError(t, f.Append(numbered(k)))
	}
	require.NoError(t, f.Close())
	text, err := os.ReadFile(name)
	require.NoError(t, err)

	for cut := range len(text) {
		require.NoError(t, os.WriteFile(name, text[:cut], 0o644))
		f, records, err := Open(name)
		require.NoError(t, err)
		whole := 0
		for _, b := range text[:cut] {
			if b == '\n' {
				whole++
			}
		}
		require.Len(t, records, whole)
		require.NoError(t, f.Append(numbered(9)))
		require.NoError(t, f.Close())
		records, err = Read(name)
		require.NoError(t, err)
		require.Len(t, records, whole+1)
		require.Equal(t, 9, records[whole].K)
	}
}

func TestABadLineInTheMiddleIsSaid(t *testing.T) {
	name := filepath.Join(t.TempDir(), "records.jsonl")
	text := line(numbered(0)) + "\n{half\n" + line(numbered(1)) + "\n"
	require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
	_, _, err := Open(name)
	require.ErrorContains(t, err, "line 2 is not a record")
	left, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, text, string(left))
}

func TestASecondGraderIsRefused(t *testing.T) {
	folder := t.TempDir()
	unlock, err := Lock(folder)
	require.NoError(t, err)
	_, err = Lock(folder)
	require.ErrorContains(t, err, "another grader is at work")
	require.NoError(t, unlock())
	unlock, err = Lock(folder)
	require.NoError(t, err)
	require.NoError(t, unlock())
}
