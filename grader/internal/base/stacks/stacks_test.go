package stacks_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/base/stacks"
)

func TestAReportIsFound(t *testing.T) {
	report, _, _ := stacks.Scan(strings.NewReader("panic: oh dear\n\ngoroutine 34 [running]:\nraftlab/raft.(*Raft).apply(0xc0000a8000, {0x0, 0x0})\n\t/tmp/lab/raft/raft.go:88 +0x1d\n"))
	require.NotNil(t, report)
	require.Equal(t, 88, report.Goroutines[0].Stack.Calls[0].Line)
}

// TestAReportBecauseOfASignal checks that stacks with addresses, which the runtime prints
// because of a signal, are read.
func TestAReportBecauseOfASignal(t *testing.T) {
	report, _, _ := stacks.Scan(strings.NewReader("SIGQUIT: quit\nPC=0x76b58f m=0 sigcode=128\n\ngoroutine 9 gp=0x6fa6f60e1e0 m=0 mp=0xc2c440 [running]:\nraftlab/raft.(*Raft).GetState(0x89e136?)\n\t/tmp/lab/raft/raft.go:97 +0x2f fp=0x6fa6f5e3908 sp=0x6fa6f5e38d8 pc=0x76b58f\n"))
	require.NotNil(t, report)
	require.Equal(t, 97, report.Goroutines[0].Stack.Calls[0].Line)
}

// TestATextThatTheParserFailsOnHasNoStacks checks a name that ends in half an escape, on
// which the parser panics.
func TestATextThatTheParserFailsOnHasNoStacks(t *testing.T) {
	report, _, err := stacks.Scan(strings.NewReader("goroutine 0 [0]:\n0%0000()"))
	require.Nil(t, report)
	require.NotNil(t, guard.Of(err))
}
