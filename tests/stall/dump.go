//go:build !wasip1 && !faketime

package stall

import (
	"bytes"
	"io"
	"os"
	"strings"

	"github.com/maruel/panicparse/v2/stack"
)

// ParseDump reads the goroutines of a dump of this program, none if it cannot be read.
func ParseDump(dump string) (all []Goroutine) {
	return parseDump(dump, os.Getenv(SourcesVariable))
}

// parseDump reads the goroutines of a dump of a program whose source tree contains a
// folder.
func parseDump(dump, folder string) (all []Goroutine) {
	snapshot, _, err := stack.ScanSnapshot(bytes.NewReader([]byte(dump)), io.Discard, &stack.Opts{})
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
			f := Frame{Func: call.Func.Complete, File: sourceFile(folder, call.RemoteSrcPath), Line: call.Line}
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
