package class

import (
	"context"
	"fmt"
	"testing"
	"time"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/execute/sandbox"
	"raftlab/grader/internal/execute/usage"
	"raftlab/grader/internal/grading/record"
)

// aLargeClass returns a class of scripted programs of some 600 lines each.
func aLargeClass(b *testing.B, submissions int) *Grader {
	b.Helper()
	scripts := map[string]string{}
	for n := range submissions {
		scripts[fmt.Sprintf("s%04d", n)] = "passes"
	}
	c := aScriptedClass(b, b.TempDir(), scripts)
	for n, s := range c.Submissions {
		c.handIn(s.ID, scriptedText(uint64(n), 600, "passes"))
	}
	c.runner = func(_ record.Mode, b *sandbox.Budget) campaign.Runner { return scripted{budget: b} }
	return c
}

// BenchmarkClass grades a class without earlier records. The programs take no time, so all
// processor time is the grader's.
func BenchmarkClass(b *testing.B) {
	for _, submissions := range []int{200, 1000} {
		b.Run(fmt.Sprintf("submissions=%d", submissions), func(b *testing.B) {
			for range b.N {
				c := aLargeClass(b, submissions)
				before := usage.Self()
				if _, err := c.Run(context.Background(), Silent{}); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64((usage.Self()-before)/time.Millisecond)/1000, "cpu-s/op")
			}
		})
	}
}
