//go:build !sealed

package suite

import (
	"runtime"
	"strings"
)

// stacks returns the stacks of all other goroutines, as the runtime prints them.
func stacks() string {
	const most = 16 << 20
	text := make([]byte, 64<<10)
	for {
		n := runtime.Stack(text, true)
		if n < len(text) || len(text) >= most {
			_, others, _ := strings.Cut(string(text[:n]), "\n\n") // the caller comes first
			return others
		}
		text = make([]byte, 2*len(text))
	}
}
