// Package monitor holds the properties that every run must have, each in a file
// of its own: those of the paper's Figure 3 as far as they can be seen from
// outside the servers. A monitor is told what happened and answers with a
// [Violation], or nil.
package monitor

import (
	"fmt"
	"time"
)

// Violation says what went wrong, for the author of the program.
type Violation struct {
	Property string        // the monitor's name; empty for an expectation of a case
	At       time.Duration // when it was seen, on the case's clock
	What     string        // servers, terms, indexes
	Paper    string        // section to read
	Handout  string        // page to read
	Waited   bool          `json:",omitempty"` // something did not come in time: what kept it is not known
}

func (v *Violation) Error() string {
	if v.Property == "" {
		return v.What
	}
	return v.Property + ": " + v.What
}

// seconds prints an instant.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3fs", d.Seconds()) }

// Show prints a command for a message, without calling any method of it, and not too long.
func Show(command any) string {
	var s string
	switch c := command.(type) {
	case string:
		s = fmt.Sprintf("%q", c)
	case int, bool, nil:
		s = fmt.Sprint(c)
	default:
		s = fmt.Sprintf("a value of type %T", c)
	}
	if len(s) > 40 {
		s = fmt.Sprintf("%s...%s (%d characters)", s[:24], s[len(s)-8:], len(s))
	}
	return s
}
