package campaign

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAPanicIsFoundBehindALineThatDidNotEnd checks that a panic is found after an
// incomplete line of output.
func TestAPanicIsFoundBehindALineThatDidNotEnd(t *testing.T) {
	const stack = "\n\ngoroutine 34 [running]:\nraftlab/raft.(*Raft).apply(0xc0000a8000)\n\t/lab/raft/raft.go:88 +0x1d\n"
	const apply = "\n  in raft.(*Raft).apply raft.go:88"
	for name, x := range map[string]struct{ status, printed, want string }{
		"at the start of a line": {"2", "hello\npanic: oh dear" + stack, "panic: oh dear" + apply},
		"in mid-line":            {"2", "hello" + "panic: oh dear" + stack, "panic: oh dear" + apply},
		"behind the same words":  {"2", "no panic: all is well\nhello" + "panic: oh dear" + stack, "panic: oh dear" + apply},
		"a fatal error":          {"2", "hello" + "fatal error: stack overflow" + stack, "fatal error: stack overflow" + apply},
		"not the runtime's end":  {"1", "no panic: all is well\n", "the process ended: exit status 1, as after log.Fatal or os.Exit(1)\nIts last output:\n  no panic: all is well"},
	} {
		t.Run(name, func(t *testing.T) {
			p := process{Exit: exited(t, x.status), output: []byte(x.printed)}
			verdict, reason := p.death()
			require.Equal(t, Died, verdict)
			require.Equal(t, x.want, reason)
		})
	}
}
