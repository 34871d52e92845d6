package clock_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/tests/clock"
	"raftlab/tests/stall"
)

func TestSleepingCostsNothingOnTheVirtualClock(t *testing.T) {
	var slept time.Duration
	out := clock.Run(t, clock.Virtual, clock.Options{Watchdog: time.Minute}, func() {
		before := time.Now()
		time.Sleep(time.Hour)
		slept = time.Since(before)
	})
	require.True(t, out.Returned)
	require.Nil(t, out.Stall)
	require.Empty(t, out.Left)
	require.Equal(t, time.Hour, slept)
	require.Less(t, out.Wall, slept)
}

func TestRealClock(t *testing.T) {
	out := clock.Run(t, clock.Real, clock.Options{}, func() { time.Sleep(5 * time.Millisecond) })
	require.True(t, out.Returned)
	require.GreaterOrEqual(t, out.Wall, 5*time.Millisecond)
}

// lingers is what outlives a test below.
func lingers(stop chan struct{}) { <-stop }

func TestLeftoversAreListedAndTheNextTestStartsClean(t *testing.T) {
	out := clock.Run(t, clock.Virtual, clock.Options{Watchdog: time.Minute}, func() {
		stop := make(chan struct{})
		for range 3 {
			go lingers(stop)
		}
	})
	require.True(t, out.Returned)
	require.Len(t, out.Left, 3)
	require.Contains(t, out.Left[0].Frames[0].Func, "lingers")
	require.Contains(t, out.Left[0].Origin, "TestLeftovers")
	summary := stall.Summary(out.Left)
	require.Len(t, summary, 1)
	require.True(t, strings.HasPrefix(summary[0], "3 × [chan receive]"), summary[0])

	next := clock.Run(t, clock.Virtual, clock.Options{Watchdog: time.Minute}, func() { time.Sleep(time.Hour) })
	require.True(t, next.Returned)
	require.Empty(t, next.Left)
}

func TestLeftoversThatWaitForALock(t *testing.T) {
	out := clock.Run(t, clock.Virtual, clock.Options{Watchdog: time.Second}, func() {
		var mu sync.Mutex
		mu.Lock()
		go mu.Lock()
	})
	require.Nil(t, out.Stall)
	require.Len(t, out.Left, 1)
	require.Equal(t, "sync.Mutex.Lock", out.Left[0].State)
}

func TestGoexitOfTheMainFunction(t *testing.T) {
	out := clock.Run(t, clock.Virtual, clock.Options{Watchdog: time.Minute}, func() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			runtime.Goexit()
		}()
		<-done
	})
	require.True(t, out.Returned)
}

func TestParse(t *testing.T) {
	k, err := clock.Parse("real")
	require.NoError(t, err)
	require.Equal(t, clock.Real, k)
	_, err = clock.Parse("sundial")
	require.ErrorContains(t, err, "virtual")
}
