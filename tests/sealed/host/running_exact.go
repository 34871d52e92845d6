//go:build faketime

package host

import _ "unsafe" // for go:linkname

// running tells package runtime which server runs now, -1 for none, so that a server that
// never waits can be named. The grader adds the function to the runtime of the judge.
//
//go:linkname running runtime.labRunning
func running(who int)
