package campaign

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/tests/clock"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

// twoCases returns the cases of a process whose output is fuzzed.
func twoCases() []Case {
	return []Case{{rafttest.InitialElection2A.Case, "raft"}, {rafttest.ReElection2A.Case, "raft"}}
}

// Reports of the runtime and the race detector, as they are printed.
const (
	aRace = `WARNING: DATA RACE
Read at 0x00c000122010 by goroutine 8:
  raftlab/raft.(*Raft).GetState()
      /tmp/lab/raft/raft.go:41 +0x44

Previous write at 0x00c000122010 by goroutine 7:
  raftlab/raft.(*Raft).ticker()
      /tmp/lab/raft/raft.go:99 +0x5c

Goroutine 8 (running) created at:
  raftlab/raft.Make()
      /tmp/lab/raft/raft.go:120 +0x2f
==================
`
	aPanic = `panic: oh dear

goroutine 34 [running]:
raftlab/raft.(*Raft).apply(0xc0000a8000, {0x0, 0x0})
	/tmp/lab/raft/raft.go:88 +0x1d
created by raftlab/raft.Make in goroutine 20
	/tmp/lab/raft/raft.go:120 +0x1d
`
)

// FuzzOutput lets a process print and record anything, and end in any way. Each due case
// must have exactly one outcome or remain, every failure must have a reason, and nothing
// may panic.
func FuzzOutput(f *testing.F) {
	key := []byte("a key")
	lines := func(results ...suite.Result) (text []byte) {
		for _, r := range results {
			line, err := json.Marshal(r)
			require.NoError(f, err)
			text = append(append(text, line...), '\n')
		}
		return text
	}
	start := suite.Result{Event: "start", Case: "InitialElection2A", Seed: 1}
	end := start
	end.Event, end.Verdict = "end", suite.Passed
	for _, printed := range []string{"", "WARNING: DATA RACE", aRace, "==================\n" + aRace, "\n" + aRace, aPanic, "x\n" + aPanic, "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [sync.Mutex.Lock]:\n", neverYields + "TestX ran", "panic: ", "goroutine 1 [running]:\nx(\n", "panic: x\n\ngoroutine 0 [0]:\n0%0000()", "WARNING: DATA RACE\ngoroutine 0 [0]:\n0%0000()"} {
		f.Add([]byte(printed), lines(start), true)
		f.Add([]byte(printed), lines(start, end), true)
	}
	f.Add([]byte("x"), []byte(`{"event":"end","case":"ReElection2A","seed":1,"verdict":"failed","failure":{}}`), false)
	f.Add([]byte("x"), []byte(`null`+"\n"+`{"event":"start","case":"ReElection2A","seed":1}`+"\n"+`{"event":"end","case":"ReElection2A","seed":1,"failure":null}`), false)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, printed, recorded []byte, failed bool) {
		out := &tail{}
		out.Write(printed)
		p := process{output: out.bytes()}
		if failed {
			p.Err = errors.New("exit status 2")
		}
		p.death() // without the guard, so that a panic is found
		file := filepath.Join(dir, "record.jsonl")
		var signed []byte
		for line := range strings.Lines(string(recorded)) { // as if the key were known
			signed = append(append(signed, suite.Sign(key, []byte(strings.TrimSuffix(line, "\n")))...), '\n')
		}
		require.NoError(t, os.WriteFile(file, append(signed, recorded...), 0o644))
		p.records = readRecords(file, key)
		p.renamePaths("/run/out", "logs")
		p.forSeed(true)
		c := Campaign{Logs: filepath.Join(dir, "logs"), Clock: clock.Virtual, Strict: true}
		c.copySaved(dir, p.records)
		results, left := p.outcomes(twoCases(), 1)
		seen := map[string]bool{}
		for _, r := range results {
			require.Nil(t, r.Fault)
			require.False(t, seen[r.Case], "one outcome each")
			seen[r.Case] = true
			c.secondClock(twoCases()[0], r.Result)
			p.logOf(r)
		}
		for _, k := range left {
			require.False(t, seen[k.Name])
			seen[k.Name] = true
		}
		require.Len(t, seen, 2)
	})
}
