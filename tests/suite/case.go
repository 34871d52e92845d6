// Package suite runs cases: it reads the flags, gives each case its clock and its seed,
// prints the result, and explains failures. It does not depend on Raft. Start from [Play].
package suite

import (
	"fmt"
	"slices"
	"time"

	"raftlab/tests/clock"
)

// Case is one test of the course, as staff and students see it.
type Case struct {
	Name    string        // "ReElection2A"; its Go test is TestReElection2A
	Part    string        // "2A"
	Points  int           // its points in the default rubric
	Title   string        // one line, printed when the case runs
	Paper   string        // section of the paper that it checks
	Handout string        // page of the handouts to read when it fails
	Servers int           // number of servers in its cluster
	Limit   time.Duration // how long it may take on its clock; 0 means DefaultLimit
	Clocks  []clock.Kind  // the clocks on which it can run; nil means all
}

// DefaultLimit is how long a case may take on its clock.
const DefaultLimit = 120 * time.Second

// TestName returns the name of the Go test that runs the case.
func (c Case) TestName() string { return "Test" + c.Name }

// RunsOn reports whether the case can run on a clock.
func (c Case) RunsOn(kind clock.Kind) bool {
	return len(c.Clocks) == 0 || slices.Contains(c.Clocks, kind)
}

// TimeLimit returns how long the case may take on its clock.
func (c Case) TimeLimit() time.Duration {
	if c.Limit == 0 {
		return DefaultLimit
	}
	return c.Limit
}

func (c Case) String() string { return fmt.Sprintf("Test (%s): %s", c.Part, c.Title) }
