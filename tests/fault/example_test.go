package fault_test

import (
	"fmt"
	"slices"

	"raftlab/tests/fault"
)

// Parse reads and checks a script. A schedule prints as a script.
func ExampleParse() {
	schedule, err := fault.Parse(`
		servers 3
		commands 6
		when led: crash leader after AppendEntries  # right after it has acknowledged
		after 0.2s: restart all
	`)
	fmt.Println(err)
	fmt.Print(schedule)
	fmt.Println(schedule.Span())

	_, err = fault.Parse("servers 3\nat 1s: crash 3")
	fmt.Println(err)
	// Output:
	// <nil>
	// servers 3
	// commands 6
	// when led: crash leader after AppendEntries
	// after 0.2s: restart all
	// 200ms
	// "crash 3": there is no server 3; expected 0 to 2
}

// Shrink removes steps and halves numbers as long as the program still fails. This
// program fails whenever the leader is cut off.
func ExampleShrink() {
	schedule, err := fault.Parse(`
		servers 5
		commands 40
		after 0.5s: lose 10%
		when led: cut leader
		after 0.8s: crash 2
		after 1s: calm
	`)
	if err != nil {
		panic(err)
	}
	cutsLeader := func(s fault.Schedule) bool {
		return slices.ContainsFunc(s.Steps, func(step fault.Step) bool {
			return step.Do.Verb == fault.Cut && step.Do.Who == fault.Leader
		})
	}
	fmt.Print(fault.Shrink(schedule, cutsLeader))
	// Output:
	// servers 3
	// commands 1
	// when led: cut leader
}
