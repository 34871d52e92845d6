// Package stacks reads the stacks that the Go runtime and the race detector print. A
// program can print anything that looks like them. Start from [Scan].
package stacks

import (
	"bytes"
	"io"
	"regexp"

	"github.com/maruel/panicparse/v2/stack"

	"raftlab/grader/internal/base/guard"
)

// Scan reads up to the end of the first report of goroutines in a text, and returns it
// with what was read beyond it. The report is nil if there is none. The error is io.EOF
// at the end of the text; where the parser itself fails on a text, the report is nil and
// the error a [*guard.Fault]: that text then has no stacks, and is what it is besides.
func Scan(text io.Reader) (report *stack.Snapshot, beyond []byte, err error) {
	err = guard.Run("reading stacks", func() error {
		all, err := io.ReadAll(text)
		if err != nil {
			return err
		}
		report, beyond, err = stack.ScanSnapshot(bytes.NewReader(addresses.ReplaceAll(all, nil)), io.Discard, stack.DefaultOpts())
		return err
	})
	if guard.Of(err) != nil {
		return nil, nil, err
	}
	return report, beyond, err
}

// addresses are what the runtime adds to stacks that it prints because of a signal or
// an error of its own, and what the parser does not know.
var addresses = regexp.MustCompile(`(?m) gp=0x[0-9a-f]+ m=\S+( mp=0x[0-9a-f]+)?| fp=0x[0-9a-f]+ sp=0x[0-9a-f]+ pc=0x[0-9a-f]+$`)
