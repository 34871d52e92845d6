package raft

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkTracing measures the cost of -events: the ratio of the processor time of
// parts 2A to 2D with it to that without it. Runs with and without it alternate.
//
//	go test -run - -bench Tracing -benchtime 3x ./solutions/raft
func BenchmarkTracing(b *testing.B) {
	binary, err := os.Executable()
	require.NoError(b, err)
	var with, without time.Duration
	size := int64(0)
	for seed := range b.N {
		file := filepath.Join(b.TempDir(), "events.jsonl")
		run := func(args ...string) time.Duration {
			args = append(args, "-test.run", "2[A-D]$", "-seed", strconv.Itoa(seed+1), "-out", b.TempDir())
			cmd := exec.Command(binary, args...)
			cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
			out, err := cmd.CombinedOutput()
			require.NoError(b, err, string(out))
			return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		}
		without += run()
		with += run("-events", file)
		info, err := os.Stat(file)
		require.NoError(b, err)
		size += info.Size()
	}
	b.ReportMetric(float64(with)/float64(without), "ratio")
	b.ReportMetric(float64(size)/float64(b.N)/1e6, "MB/op")
	b.ReportMetric(0, "ns/op")
}
