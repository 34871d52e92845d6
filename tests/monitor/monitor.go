// Package monitor checks the properties that every run must have, each in a file of its
// own: those of the paper's Figure 3, as far as they can be checked from outside the
// servers, and others. A monitor takes events and returns a [Violation] or nil.
package monitor

import (
	"fmt"
	"time"
)

// Violation describes a failure to the author of the program.
type Violation struct {
	Property string        // the monitor's name; empty for an expectation of a case
	At       time.Duration // when it was detected, on the case's clock
	What     string        // what went wrong, with servers, terms and indexes
	Paper    string        // section to read
	Handout  string        // page to read
	Waited   bool          `json:",omitempty"` // something did not happen in time; the cause is not known
}

func (v *Violation) Error() string {
	if v.Property == "" {
		return v.What
	}
	return v.Property + ": " + v.What
}

// seconds prints a time.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3fs", d.Seconds()) }

// Show prints a command for a message. It calls none of the command's methods, and
// shortens a long one.
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
