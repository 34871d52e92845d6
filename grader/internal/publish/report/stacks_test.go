package report

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const panicked = `some print
panic: runtime error: index out of range [3] with length 3 [recovered]

goroutine 57 [running]:
raftlab/raft.(*Raft).entryAt(...)
	/tmp/raftlab-grader-81/tree/raft/raft.go:88
raftlab/raft.(*Raft).handleAppend(0xc000114000, 0xc0002a0000, 0xc0002a0040)
	/tmp/raftlab-grader-81/tree/raft/replication.go:131 +0x1f5
reflect.Value.call({0xc00012a060?, 0xc000124070?, 0x13?}, {0x6f9d2c, 0x4}, {0xc00016fe40, 0x3, 0x3?})
	/usr/local/go/src/reflect/value.go:581 +0xcc6
raftlab/labrpc.(*Service).dispatch(0xc000126040)
	/tmp/raftlab-grader-81/tree/labrpc/service.go:71 +0x1d1
created by raftlab/labrpc.(*Network).carry in goroutine 30
	/tmp/raftlab-grader-81/tree/labrpc/network.go:201 +0x9d

goroutine 60 [sync.Mutex.Lock]:
sync.(*Mutex).Lock(...)
	/usr/local/go/src/sync/mutex.go:46
raftlab/raft.(*Raft).GetState(0xc000114000)
	/tmp/raftlab-grader-81/tree/raft/raft.go:40 +0x45
created by raftlab/raft.Make in goroutine 7
	/tmp/raftlab-grader-81/tree/raft/raft.go:140 +0x9d
`

const raced = `==================
WARNING: DATA RACE
Read at 0x00c000118058 by goroutine 63:
  raftlab/raft.(*Raft).election()
      /tmp/raftlab-grader-81/tree/raft/election.go:34 +0x5b

Previous write at 0x00c000118058 by goroutine 71:
  raftlab/raft.(*Raft).RequestVote()
      /tmp/raftlab-grader-81/tree/raft/election.go:90 +0x1e4
  raftlab/labrpc.(*Service).dispatch()
      /tmp/raftlab-grader-81/tree/labrpc/service.go:71 +0x1d1

Goroutine 63 (running) created at:
  raftlab/raft.Make()
      /tmp/raftlab-grader-81/tree/raft/raft.go:140 +0x4d5

Goroutine 71 (finished) created at:
  raftlab/labrpc.(*Network).carry()
      /tmp/raftlab-grader-81/tree/labrpc/network.go:201 +0x9d
==================
`

func TestStacksAreShortenedToTheStudentsFrames(t *testing.T) {
	got := stacks([]byte(panicked))
	require.Len(t, got, 2)
	require.Equal(t, "goroutine 57, running", got[0].Title)
	require.Equal(t, []string{"(*Raft).entryAt  raft/raft.go:88", "(*Raft).handleAppend  raft/replication.go:131"}, got[0].Calls)
	require.Equal(t, 2, got[0].Omitted)
	require.Equal(t, []string{"(*Raft).GetState  raft/raft.go:40", "started in Make  raft/raft.go:140"}, got[1].Calls)
}

func TestBothSidesOfARaceAreShown(t *testing.T) {
	got := stacks([]byte(raced))
	require.Len(t, got, 2)
	require.Equal(t, "goroutine 63, which read", got[0].Title)
	require.Contains(t, got[0].Calls, "(*Raft).election  raft/election.go:34")
	require.Equal(t, "goroutine 71, which wrote", got[1].Title)
	require.Contains(t, got[1].Calls, "(*Raft).RequestVote  raft/election.go:90")
}

func TestTextWithoutStacksHasNone(t *testing.T) {
	require.Empty(t, stacks([]byte("nothing\nto see\ngoroutine of thought\n")))
	require.Empty(t, stacks(nil))
}

func TestPathsOfTheMachineAreLeftOut(t *testing.T) {
	for given, want := range map[string]string{
		"/tmp/x/tree/raft/raft.go:88 +0x1":           "raft/raft.go:88 +0x1",
		"see /home/ann/results/failures/log.txt now": "see …/log.txt now",
		"read: handouts/2b.md#a":                     "read: handouts/2b.md#a",
		"C:/Users/ann/lab/kvraft/server.go:3":        "kvraft/server.go:3",
		"in kvraft/server.go:3 and 1/2/3":            "in kvraft/server.go:3 and 1/2/3",
		"open(\"/etc/passwd\")":                      "open(\"/etc/passwd\")",
		"open(\"/var/lib/secret/key.pem\")":          "open(\"…/key.pem\")",
		"go test -run 'TestBackup2B$' -seed 8213":    "go test -run 'TestBackup2B$' -seed 8213",
	} {
		require.Equal(t, want, withoutPaths(given))
	}
}
