package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// usage is what a program uses, with what it started.
type usage struct{ memory, threads, processes int64 }

// useOfOne reads from /proc what one process uses, nothing if it is no longer.
func useOfOne(pid int) (u usage) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u
	}
	return usage{1024 * number(status, "\nVmRSS:"), number(status, "\nThreads:"), 1}
}

// use reads what a process uses with all that it started, for which each of its
// threads is looked at.
func use(pid int) usage {
	u := useOfOne(pid)
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		children, _ := os.ReadFile(list)
		for _, child := range bytes.Fields(children) {
			if n, err := strconv.Atoi(string(child)); err == nil {
				c := use(n)
				u.memory, u.threads, u.processes = u.memory+c.memory, u.threads+c.threads, u.processes+c.processes
			}
		}
	}
	return u
}

// number returns the number after a label, 0 if there is none.
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
