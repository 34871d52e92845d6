//go:build !unix

package regular

// nonblock is 0 on systems where no file name leads to a pipe.
const nonblock = 0
