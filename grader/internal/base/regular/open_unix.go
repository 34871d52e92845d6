//go:build unix

package regular

import "syscall"

// nonblock has opening a named pipe return at once, and reading one that nobody
// writes to as well. On regular files it means nothing.
const nonblock = syscall.O_NONBLOCK
