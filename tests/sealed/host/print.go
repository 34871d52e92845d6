package host

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/tetratelabs/wazero/sys"
)

// printer passes on what an instance prints, line by line. Each line begins with the name
// of the instance.
type printer struct {
	to   io.Writer
	role string
	line []byte
	last []byte // the end of its output, from which the reason of its death is read
}

const (
	maxLine = 4 << 10  // bytes after which an unfinished line is passed on
	maxLast = 64 << 10 // bytes of output to keep
)

func (w *World) printer(role string) *printer { return &printer{to: w.Out, role: role} }

// Write implements io.Writer.
func (p *printer) Write(b []byte) (int, error) {
	p.last = append(p.last, b...)
	if over := len(p.last) - maxLast; over > maxLast {
		p.last = append(p.last[:0], p.last[over:]...)
	}
	for rest := b; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			p.line = append(p.line, rest...)
			if len(p.line) > maxLine {
				p.flush()
			}
			break
		}
		p.line = append(p.line, rest[:end]...)
		p.flush()
		rest = rest[end+1:]
	}
	return len(b), nil
}

// flush passes on the current line.
func (p *printer) flush() {
	fmt.Fprintf(p.to, "%s: %s\n", p.role, p.line)
	p.line = p.line[:0]
}

// end passes on a last line that has no newline.
func (p *printer) end() {
	if len(p.line) > 0 {
		p.flush()
	}
}

// deathOf returns the name of an instance and the reason why it ended, from its last output
// and the error with which it returned.
func (p *printer) deathOf(role string, err error) string {
	var exit *sys.ExitError
	var bad malformed
	switch {
	case errors.As(err, &bad):
		return fmt.Sprintf("%s sent an invalid message to the lab: %v", role, bad.error)
	case errors.As(err, &exit) && exit.ExitCode() == 2:
		what, stack := panicIn(string(p.last))
		if what == "" {
			what = "it ended: exit status 2, as after os.Exit(2)"
		}
		return role + ": " + what + frames(stack)
	case errors.As(err, &exit), err == nil:
		code := uint32(0)
		if exit != nil {
			code = exit.ExitCode()
		}
		return fmt.Sprintf("%s ended: exit status %d, as after log.Fatal or os.Exit(%d)%s", role, code, code, lastLine(string(p.last)))
	}
	return fmt.Sprintf("%s ended with an error: %s", role, strings.SplitN(err.Error(), "\n", 2)[0])
}

// lastLine returns the last line of an output, as part of a message.
func lastLine(text string) string {
	text = strings.TrimSpace(text)
	line := text[strings.LastIndexByte(text, '\n')+1:]
	if line == "" {
		return ""
	}
	return "\nIts last output: " + cut(line)
}

// panicIn returns the first line of the runtime's panic message in an output, and the
// stacks after it.
func panicIn(text string) (what, stack string) {
	at := -1
	for _, sign := range []string{"panic: ", "fatal error: "} {
		for from := 0; ; {
			i := strings.Index(text[from:], sign)
			if i < 0 {
				break
			}
			if i += from; (i == 0 || text[i-1] == '\n') && (at < 0 || i < at) {
				at = i
				break
			}
			from = i + 1
		}
	}
	if at < 0 {
		return "", ""
	}
	what, stack, _ = strings.Cut(text[at:], "\n")
	if strings.Contains(what, "out of memory") {
		what += fmt.Sprintf(" (a server has %d MB)", room>>20)
	}
	return cut(what), stack
}

// maxFrames bounds the lines of a stack in a message.
const maxFrames = 3

// frames lists the program's own lines of the first stack in a text, innermost first.
func frames(stack string) (list string) {
	lines := strings.Split(stack, "\n")
	for i, n := 0, 0; i+1 < len(lines) && n < maxFrames; i++ {
		if lines[i] == "" && n > 0 {
			break // another goroutine
		}
		name, ours := strings.CutPrefix(lines[i], "raftlab/")
		name = strings.TrimPrefix(name, "solutions/") // the reference is tested as well
		place, isPlace := strings.CutPrefix(lines[i+1], "\t")
		if !ours || !isPlace || !strings.HasPrefix(name, "raft.") && !strings.HasPrefix(name, "kvraft.") {
			continue
		}
		if end := strings.LastIndexByte(name, '('); end > 0 {
			name = name[:end]
		}
		place, _, _ = strings.Cut(place, " ")
		list += fmt.Sprintf("\n  in %s %s", cut(name), cut(path.Base(place)))
		n++
	}
	return list
}

// cut shortens a line for a message.
func cut(line string) string {
	const most = 1000
	if len(line) <= most {
		return line
	}
	return line[:most] + "..."
}
