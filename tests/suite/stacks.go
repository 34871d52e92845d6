//go:build !sealed

package suite

import "runtime"

// stacks returns the stacks of all goroutines, as the runtime prints them.
func stacks() string {
	const most = 16 << 20
	text := make([]byte, 64<<10)
	for {
		n := runtime.Stack(text, true)
		if n < len(text) || len(text) >= most {
			return string(text[:n])
		}
		text = make([]byte, 2*len(text))
	}
}
