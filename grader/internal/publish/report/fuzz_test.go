package report

import "testing"

// FuzzStacks reads any text as reports of the runtime and the race detector.
func FuzzStacks(f *testing.F) {
	f.Add([]byte("panic: oh dear\n\ngoroutine 34 [running]:\nraftlab/raft.(*Raft).apply(0xc0000a8000, {0x0, 0x0})\n\t/tmp/lab/raft/raft.go:88 +0x1d\n"))
	f.Add([]byte("WARNING: DATA RACE\nRead at 0x00c000122010 by goroutine 8:\n  raftlab/raft.(*Raft).GetState()\n      /tmp/lab/raft/raft.go:41 +0x44\n"))
	f.Add([]byte("goroutine 1 [select, 3 minutes]:\nx(...)\ncreated by raftlab/raft.Make in goroutine 20\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if found := stacks(text); len(found) > maxStacks {
			t.Fatalf("%d stacks", len(found))
		}
	})
}
