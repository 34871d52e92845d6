//go:build unix

package main

import (
	"os"
	"syscall"
	"testing"
	"time"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/execute/exact"
	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

// Figures of the reference, in processor time of the processes that run it:
// others may be busy on the machine. Each run has a seed of its own, the same in
// every benchmark, so ratios between them are of the same work.

const benchSeed = 101

// campaignOf is the reference on some cases.
func campaignOf(cases []campaign.Case, kind clock.Kind) campaign.Campaign {
	return campaign.Campaign{
		Dir: "../solutions", Cases: cases, Procs: 1, Clock: kind, Deliver: suite.Apart,
		Logs: os.DevNull, Worker: []string{os.Args[0], workName},
	}
}

// runTimes runs a campaign b.N times and reports the processor time of a run,
// without what it takes to build.
func runTimes(b *testing.B, c campaign.Campaign) (each time.Duration) {
	b.Helper()
	for k := range b.N {
		c.Seeds = append(c.Seeds, benchSeed+uint64(k))
	}
	binaries, err := c.Build(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer binaries.Remove()
	b.ResetTimer()
	began, runs := childrenTime(b), 0
	for run := range c.Run(b.Context(), binaries) {
		if run.Failures() > 0 {
			b.Fatalf("seed %d failed", run.Seed)
		}
		if run.Events != "" {
			os.Remove(run.Events)
		}
		runs++
	}
	used := childrenTime(b) - began
	each = used / time.Duration(runs)
	b.ReportMetric(float64(each.Microseconds())/1000, "cpu-ms/run")
	b.ReportMetric(float64(runs)/used.Minutes(), "runs/cpu-min")
	b.ReportMetric(0, "ns/op") // not meaningful: it depends on how busy the machine is
	return each
}

// BenchmarkCase runs each case.
func BenchmarkCase(b *testing.B) {
	for _, c := range allCases() {
		if c.RunsOn(clock.Virtual) {
			b.Run(c.Name, func(b *testing.B) { runTimes(b, campaignOf([]campaign.Case{c}, clock.Virtual)) })
		}
	}
}

// BenchmarkPart runs each part: on the virtual clock, also with traces, with the
// seeds of one process each, and under the race detector; and on the exact clock, with each
// engine for whole programs.
func BenchmarkPart(b *testing.B) {
	for _, part := range []string{"2A", "2B", "2C", "2D", "3A", "3B"} {
		all, err := choose(part, "")
		if err != nil {
			b.Fatal(err)
		}
		var cases []campaign.Case // those that run on both clocks
		for _, c := range all {
			if c.RunsOn(clock.Virtual) && c.RunsOn(clock.Exact) {
				cases = append(cases, c)
			}
		}
		for name, change := range map[string]func(*campaign.Campaign){
			"virtual":  func(c *campaign.Campaign) {},
			"together": func(c *campaign.Campaign) { c.SeedsPerProcess = maxSeedsPerProcess },
			"traced":   func(c *campaign.Campaign) { c.KeepTraces = true },
			"race":     func(c *campaign.Campaign) { c.Mode = campaign.Race },
			"native":   func(c *campaign.Campaign) { c.Clock, c.Engine = clock.Exact, exact.Native },
			"wasm":     func(c *campaign.Campaign) { c.Clock, c.Engine = clock.Exact, exact.Wasm },
		} {
			b.Run(part+"/by="+name, func(b *testing.B) {
				c := campaignOf(cases, clock.Virtual)
				change(&c)
				runTimes(b, c)
			})
		}
	}
}

// childrenTime returns how much processor time the processes have used that this
// one has started and seen end.
func childrenTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
