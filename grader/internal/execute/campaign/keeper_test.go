package campaign

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/internal/leftover"
	"raftlab/tests/suite"
)

// failed is a failure that has left a log and a folder.
func failed(t *testing.T, logs, name, reason string, seed uint64, bytes int) *Result {
	t.Helper()
	r := &Result{Result: suite.Result{Case: name, Seed: seed, Verdict: suite.Failed}, Reason: reason}
	r.Log = filepath.Join(logs, fmt.Sprintf("2A-%s-seed%d.log", name, seed))
	folder := filepath.Join(logs, fmt.Sprintf("%s-seed%d", name, seed))
	require.NoError(t, leftover.Make(folder, ""))
	for _, file := range []string{r.Log, filepath.Join(folder, "events.jsonl")} {
		require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("x", bytes/2)), 0o644))
	}
	return r
}

func TestAFewLogsOfEachKindAreKept(t *testing.T) {
	logs := t.TempDir()
	k := Keeper{PerKind: 2}
	require.True(t, k.Empty())
	var all []*Result
	for _, seed := range []uint64{7, 3, 9, 1} { // as they end
		r := failed(t, logs, "ReElection2A", fmt.Sprintf("no leader in term %d", seed), seed, 100)
		k.Keep(r, r.FailureKind(), seed)
		all = append(all, r)
	}
	other := failed(t, logs, "ReElection2A", "two leaders", 11, 100)
	k.Keep(other, other.FailureKind(), 11)
	require.True(t, all[1].Kept() && all[3].Kept() && other.Kept())
	require.False(t, all[2].Kept())
	require.FileExists(t, all[1].Log)
	require.NoFileExists(t, all[0].Log)
	require.NoFileExists(t, filepath.Join(logs, "2A-ReElection2A-seed9.log"))
	require.NoDirExists(t, filepath.Join(logs, "ReElection2A-seed7"))
	require.Equal(t, 2, k.Dropped().Failures)
	require.False(t, k.Empty())
}

func TestAllLogsHaveABound(t *testing.T) {
	logs := t.TempDir()
	k := Keeper{Bytes: 10_000} // five, each with its folder's mark
	for seed := range uint64(20) {
		r := failed(t, logs, "ReElection2A", strings.Repeat("x", int(seed)), seed, 1900)
		k.Keep(r, r.FailureKind(), seed)
		require.Equal(t, seed < 5, r.Kept(), "%d: %s", seed, r.Log)
	}
	again := failed(t, logs, "ReElection2A", "", 0, 1900)
	k.Keep(again, again.FailureKind(), 0)
	require.True(t, again.Kept(), "a seed that is repeated takes its own place")
}

// TestWhatWasKeptBeforeCounts checks that a resumed grading keeps no more logs than one
// that was not interrupted.
func TestWhatWasKeptBeforeCounts(t *testing.T) {
	logs := t.TempDir()
	before := failed(t, logs, "ReElection2A", "two leaders", 1, 200)
	k := Keeper{PerKind: 1, Bytes: 300}
	k.Restore(before.Log, before.Case, before.Seed, before.FailureKind(), 7)
	alike := failed(t, logs, "ReElection2A", "two leaders", 2, 10)
	k.Keep(alike, alike.FailureKind(), 7)
	require.False(t, alike.Kept())
	large := failed(t, logs, "ReElection2A", "no leader", 3, 200)
	k.Keep(large, large.FailureKind(), 7)
	require.False(t, large.Kept())
	require.FileExists(t, before.Log)
}

// TestAProgramThatPrintsWithoutEnd checks that such a program fills neither memory nor the
// disk.
func TestAProgramThatPrintsWithoutEnd(t *testing.T) {
	printed := &tail{}
	line := []byte(strings.Repeat("for ever ", 7000))
	for range 2000 { // 126 MB
		_, err := printed.Write(line)
		require.NoError(t, err)
	}
	fmt.Fprint(printed, "the last words")
	require.LessOrEqual(t, printed.head.Cap()+printed.end.Cap(), 6*maxOutput)
	output := printed.bytes()
	require.Less(t, len(output), 2*maxOutput)
	log, err := os.ReadFile(Campaign{Logs: t.TempDir()}.keep("2A", 1, "ReElection2A", output))
	require.NoError(t, err)
	require.Less(t, len(log), maxLog+100)
	require.Contains(t, string(log), "bytes left out")
	require.Contains(t, string(log), "the last words")
}
