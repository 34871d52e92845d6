//go:build unix

package regular

import "syscall"

// nonblock makes opening a named pipe return at once, and reading one without writers too.
// It has no effect on regular files.
const nonblock = syscall.O_NONBLOCK
