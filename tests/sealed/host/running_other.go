//go:build !faketime

package host

// running is for the exact clock only.
func running(int) {}
