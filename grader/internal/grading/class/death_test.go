package class

import (
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/record"
)

// TestDeathsHaveTheirClass checks deaths of processes and of sealed servers.
func TestDeathsHaveTheirClass(t *testing.T) {
	for reason, class := range map[string]record.Outcome{
		"panic: boom":                        record.Panic,
		"ServerDied: server 2: panic: boom":  record.Panic,
		"ServerDied: clerk 101: panic: boom": record.Panic,
		"fatal error: concurrent map writes": record.Fatal,
		"ServerDied: server 0: fatal error: out of memory (a server has 256 MB)": record.Memory,
		"ServerDied: server 0 ended: exit status 0, as after log.Fatal":          record.Fatal,
		"ServerDied: somebody: panic: boom":                                      record.Fatal,
	} {
		require.Equal(t, class, outcomeOfDeath(reason), reason)
	}
}
