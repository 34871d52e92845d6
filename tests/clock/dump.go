//go:build !wasip1 && !faketime

package clock

import (
	"fmt"
	"runtime"
	"strings"
)

// dump returns the goroutine dump of one bubble, as the runtime prints it, without the
// goroutines of this package. Bubble 0 is everything outside of bubbles.
func dump(bubble int) string {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	var own []string
	for _, block := range strings.Split(strings.TrimSpace(string(buf)), "\n\n") {
		isOurs := strings.Contains(block, "clock.(*watch).tick") || strings.Contains(block, "synctest.Test(")
		if bubbleOf(block) == bubble && !isOurs {
			own = append(own, block)
		}
	}
	return strings.Join(own, "\n\n") + "\n\n"
}

// bubbleID returns the number of the bubble of this goroutine, as dumps show it.
func bubbleID() int {
	buf := make([]byte, 256)
	return bubbleOf(string(buf[:runtime.Stack(buf, false)]))
}

// bubbleOf reads the number of a bubble from the first line of a goroutine, such as
// "goroutine 12 [sleep (durable), synctest bubble 3]:".
func bubbleOf(text string) (bubble int) {
	head, _, _ := strings.Cut(text, "\n")
	if _, after, ok := strings.Cut(head, "synctest bubble "); ok {
		fmt.Sscanf(after, "%d", &bubble)
	}
	return bubble
}
