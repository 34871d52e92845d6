package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// usage is the resource usage of a program and its children.
type usage struct {
	memory, threads, processes int64
	cpu                        time.Duration
}

// measuresCPU reports whether the processor time of a running program is known.
const measuresCPU = true

// processUsage reads the usage of one process from /proc; it is zero if the process has
// ended.
func processUsage(pid int) (u usage) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u
	}
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // empty if it has ended since
	return usage{1024 * number(status, "\nVmRSS:"), number(status, "\nThreads:"), 1, processorTime(stat)}
}

// tick is the unit of times in /proc on all processors that Go supports.
const tick = 10 * time.Millisecond

// processorTime returns the processor time of a process from its line in /proc, including
// the children that it has waited for.
func processorTime(stat []byte) (sum time.Duration) {
	const first, last = 11, 15           // of utime, stime, cutime and cstime, after the name
	at := bytes.LastIndexByte(stat, ')') // the name may contain any character
	fields := bytes.Fields(stat[at+1:])
	if len(fields) < last {
		return 0
	}
	for _, f := range fields[first:last] {
		n, _ := strconv.ParseInt(string(f), 10, 64)
		sum += time.Duration(n) * tick
	}
	return sum
}

// treeUsage reads the usage of a process and all its descendants. It visits the children
// of each thread.
func treeUsage(pid int) usage {
	u := processUsage(pid)
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		children, _ := os.ReadFile(list)
		for _, child := range bytes.Fields(children) {
			if n, err := strconv.Atoi(string(child)); err == nil {
				c := treeUsage(n)
				u.memory, u.threads, u.processes, u.cpu = u.memory+c.memory, u.threads+c.threads, u.processes+c.processes, u.cpu+c.cpu
			}
		}
	}
	return u
}

// number returns the number after a label, 0 if the label is missing.
func number(text []byte, label string) int64 {
	_, after, ok := bytes.Cut(text, []byte(label))
	if !ok {
		return 0
	}
	fields := bytes.Fields(after[:min(len(after), 40)])
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(string(fields[0]), 10, 64)
	return n
}
