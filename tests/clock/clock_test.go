package clock

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSleepingCostsNothingOnTheVirtualClock(t *testing.T) {
	var slept time.Duration
	out := Run(t, Virtual, Options{Watchdog: 10 * time.Second}, func() {
		before := time.Now()
		time.Sleep(time.Minute)
		slept = time.Since(before)
	})
	require.True(t, out.Returned)
	require.Nil(t, out.Stall)
	require.Empty(t, out.Left)
	require.Equal(t, time.Minute, slept)
	require.Less(t, out.Wall, 30*time.Second)
}

func TestRealClock(t *testing.T) {
	out := Run(t, Real, Options{}, func() { time.Sleep(5 * time.Millisecond) })
	require.True(t, out.Returned)
	require.GreaterOrEqual(t, out.Wall, 5*time.Millisecond)
}

// lingers is what outlives a test below.
func lingers(stop chan struct{}) { <-stop }

func TestLeftoversAreListedAndTheNextTestStartsClean(t *testing.T) {
	out := Run(t, Virtual, Options{Watchdog: 10 * time.Second}, func() {
		stop := make(chan struct{})
		for range 3 {
			go lingers(stop)
		}
	})
	require.True(t, out.Returned)
	require.Len(t, out.Left, 3)
	require.Contains(t, out.Left[0].Frames[0], "lingers")
	require.Contains(t, out.Left[0].Origin, "TestLeftovers")
	summary := Summary(out.Left)
	require.Len(t, summary, 1)
	require.True(t, strings.HasPrefix(summary[0], "3 × [chan receive]"), summary[0])

	next := Run(t, Virtual, Options{Watchdog: 10 * time.Second}, func() { time.Sleep(time.Hour) })
	require.True(t, next.Returned)
	require.Empty(t, next.Left)
}

func TestLeftoversThatWaitForALock(t *testing.T) {
	out := Run(t, Virtual, Options{Watchdog: 200 * time.Millisecond}, func() {
		var mu sync.Mutex
		mu.Lock()
		go mu.Lock()
	})
	require.Nil(t, out.Stall)
	require.Len(t, out.Left, 1)
	require.Equal(t, "sync.Mutex.Lock", out.Left[0].State)
}

func TestGoexitOfTheMainFunction(t *testing.T) {
	out := Run(t, Virtual, Options{Watchdog: 10 * time.Second}, func() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			runtime.Goexit()
		}()
		<-done
	})
	require.True(t, out.Returned)
}

func TestWatchdogNamesWhoWaitsForALock(t *testing.T) {
	release := make(chan struct{}) // made outside the bubble: the stall can be ended
	out := Run(t, Virtual, Options{Watchdog: 200 * time.Millisecond}, func() {
		var mu sync.Mutex
		mu.Lock()
		go holdAndSleep(&mu, release)
		mu.Lock()
	})
	require.NotNil(t, out.Stall)
	require.False(t, out.Returned)
	require.Len(t, out.Stall.Locked, 1)
	said := out.Stall.String()
	require.Contains(t, said, "wait for a lock")
	require.Contains(t, said, "TestWatchdogNamesWhoWaitsForALock")
	require.Contains(t, said, "clock.holdAndSleep clock_test.go:")
	require.Contains(t, said, "handouts/locking.md")
	close(release)
}

func holdAndSleep(mu *sync.Mutex, release chan struct{}) {
	for {
		select {
		case <-release:
			mu.Unlock()
			return
		default:
			time.Sleep(time.Second) // virtual time that never passes
		}
	}
}

func TestWatchdogNamesWhoNeverStops(t *testing.T) {
	stop := make(chan struct{})
	out := Run(t, Virtual, Options{Watchdog: 200 * time.Millisecond}, func() { spin(stop) })
	close(stop)
	require.NotNil(t, out.Stall)
	require.NotEmpty(t, out.Stall.Running)
	require.Contains(t, out.Stall.String(), "never stops running")
	require.Contains(t, out.Stall.String(), "clock.spin")
}

func spin(stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
			runtime.Gosched()
		}
	}
}

func TestParse(t *testing.T) {
	k, err := Parse("real")
	require.NoError(t, err)
	require.Equal(t, Real, k)
	_, err = Parse("sundial")
	require.ErrorContains(t, err, "virtual")
}

func TestParseHeader(t *testing.T) {
	require.Equal(t, header{12, 3, "sleep"}, parseHeader("goroutine 12 [sleep (durable), 4 minutes, synctest bubble 3]:\nmain.f()"))
	require.Equal(t, header{1, 0, "running"}, parseHeader("goroutine 1 [running]:"))
}
