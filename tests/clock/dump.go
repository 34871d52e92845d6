//go:build !wasip1 && !faketime

package clock

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/maruel/panicparse/v2/stack"
)

// stacks returns the stacks of a bubble's goroutines, the lab's own ticker left
// out, as the runtime prints them. Bubble 0 is what is outside of all.
func stacks(bubble int) string {
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

// bubbleOf reads the number of a bubble from the first line of a stack, such as
// "goroutine 12 [sleep (durable), synctest bubble 3]:".
func bubbleOf(text string) (bubble int) {
	head, _, _ := strings.Cut(text, "\n")
	if _, after, ok := strings.Cut(head, "synctest bubble "); ok {
		fmt.Sscanf(after, "%d", &bubble)
	}
	return bubble
}

// goroutines reads stacks.
func goroutines(text string) (all []Goroutine) {
	snapshot, _, err := stack.ScanSnapshot(bytes.NewReader([]byte(text)), io.Discard, &stack.Opts{})
	if snapshot == nil || err != nil && err != io.EOF {
		return nil
	}
	for _, g := range snapshot.Goroutines {
		state, _, _ := strings.Cut(g.State, ",")
		read := Goroutine{ID: g.ID, State: strings.TrimSuffix(state, " (durable)")}
		for _, call := range g.CreatedBy.Calls {
			read.Origin, _, _ = strings.Cut(call.Func.Complete, " in goroutine")
		}
		for _, call := range g.Stack.Calls {
			f := Frame{Func: call.Func.Complete, File: sourceFile(call.RemoteSrcPath), Line: call.Line}
			if args := call.Args.Values; len(args) > 0 {
				f.Receiver, f.Guessed = args[0].Value, args[0].IsInaccurate
			}
			if strings.HasSuffix(f.Func, "Mutex).lockSlow") && read.Lock == 0 {
				read.Lock = f.Receiver
			}
			if strings.HasPrefix(f.Func, module) {
				read.Frames = append(read.Frames, f)
			}
		}
		all = append(all, read)
	}
	return all
}
