//go:build faketime

package host

import _ "unsafe" // for go:linkname

// running says which server runs now, -1 if none does, so that one which never waits is
// named. The grader adds it to package runtime of the lab around sealed servers.
//
//go:linkname running runtime.labRunning
func running(who int)
