package stacks_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/guard"
	"raftlab/grader/internal/stacks"
)

func TestAReportIsFound(t *testing.T) {
	report, _, _ := stacks.Scan(strings.NewReader("panic: oh dear\n\ngoroutine 34 [running]:\nraftlab/raft.(*Raft).apply(0xc0000a8000, {0x0, 0x0})\n\t/tmp/lab/raft/raft.go:88 +0x1d\n"))
	require.NotNil(t, report)
	require.Equal(t, 88, report.Goroutines[0].Stack.Calls[0].Line)
}

// TestATextThatTheParserFailsOnHasNoStacks: a name that ends in half an escape.
func TestATextThatTheParserFailsOnHasNoStacks(t *testing.T) {
	report, _, err := stacks.Scan(strings.NewReader("goroutine 0 [0]:\n0%0000()"))
	require.Nil(t, report)
	require.NotNil(t, guard.Of(err))
}
