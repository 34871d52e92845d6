// Package stacks parses the stacks that the Go runtime and the race detector print. A
// program can print fake stacks. Start from [Scan].
package stacks

import (
	"bytes"
	"io"
	"regexp"

	"github.com/maruel/panicparse/v2/stack"

	"raftlab/grader/internal/base/guard"
)

// Scan reads up to the end of the first report of goroutines in a text. It returns the
// report, nil if there is none, and the text that it read beyond the report. The error is
// io.EOF at the end of the text, and a [*guard.Fault] if the parser panicked, in which
// case there is no report.
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

// addresses matches additions of the runtime to stacks that it prints because of a signal
// or an internal error. The parser does not know them.
var addresses = regexp.MustCompile(`(?m) gp=0x[0-9a-f]+ m=\S+( mp=0x[0-9a-f]+)?| fp=0x[0-9a-f]+ sp=0x[0-9a-f]+ pc=0x[0-9a-f]+$`)
