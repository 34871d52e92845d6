package ranged_test

import (
	"flag"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/base/ranged"
)

func TestNumbersOutOfRangeAreRefused(t *testing.T) {
	n, d, list := 20, time.Minute, []int{1, 2}
	f := flag.NewFlagSet("x", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Var(ranged.Int(&n, 1, 100), "runs", "")
	f.Var(ranged.Duration(&d, time.Second, time.Hour), "time", "")
	f.Var(ranged.Ints(&list, 1, 100), "cores", "")
	for _, text := range []string{"0", "-1", "101", "2000000000", "99999999999999999999", "nan", "1.5", "0x10", ""} {
		require.ErrorContains(t, f.Parse([]string{"-runs", text}), "expected a whole number from 1 to 100", text)
		require.ErrorContains(t, f.Parse([]string{"-cores", "7," + text}), "expected a whole number from 1 to 100", text)
	}
	for _, text := range []string{"0s", "-1m", "2h", "nan", "5", "999999999h", ""} {
		require.ErrorContains(t, f.Parse([]string{"-time", text}), "expected a time from 1s to 1h0m0s", text)
	}
	require.Equal(t, 20, n)
	require.Equal(t, time.Minute, d)
	require.Equal(t, []int{1, 2}, list, "the defaults stay")
	require.Equal(t, "1,2", f.Lookup("cores").Value.String())
	require.NoError(t, f.Parse([]string{"-runs", "100", "-time", "90s", "-cores", "3, 4", "-cores", "5"}))
	require.Equal(t, 100, n)
	require.Equal(t, 90*time.Second, d)
	require.Equal(t, []int{3, 4, 5}, list)
}
