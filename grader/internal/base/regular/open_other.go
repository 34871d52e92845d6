//go:build !unix

package regular

// nonblock is 0 where no name of a file system leads to a pipe.
const nonblock = 0
