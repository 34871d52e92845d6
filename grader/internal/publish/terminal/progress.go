package terminal

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
)

// Progress shows the progress of a campaign. On a terminal it updates one line; elsewhere
// it prints a line from time to time.
type Progress struct {
	out      *os.File
	terminal bool
	began    time.Time
	printed  time.Time
	what     string // name of a counted item
	total    int
	done     int
	failed   int
}

// linesEvery is the time between two lines if there is no terminal.
const linesEvery = 15 * time.Second

// NewProgress returns a display for a number of runs.
func NewProgress(out *os.File, total int) *Progress { return NewProgressOf(out, total, "run") }

// NewProgressOf returns a display for a number of items; what is the name of one.
func NewProgressOf(out *os.File, total int, what string) *Progress {
	now := time.Now()
	return &Progress{out: out, what: what, terminal: isatty.IsTerminal(out.Fd()), began: now, printed: now, total: total}
}

// Done counts one finished item and its failed cases.
func (p *Progress) Done(failures int) {
	p.done++
	p.failed += failures
	switch {
	case p.terminal:
		fmt.Fprintf(p.out, "\r%s", pad(p.line()))
	case time.Since(p.printed) >= linesEvery:
		p.printed = time.Now()
		fmt.Fprintln(p.out, p.line())
	}
}

// End prints a summary.
func (p *Progress) End() {
	if p.terminal {
		fmt.Fprintf(p.out, "\r%s\r", pad(""))
	}
	took := time.Since(p.began)
	fmt.Fprintf(p.out, "%d of %s in %.1f s", p.done, Count(p.total, p.what), took.Seconds())
	if p.failed > 0 {
		fmt.Fprintf(p.out, ", %s", Count(p.failed, "failure"))
	}
	fmt.Fprint(p.out, "\n\n")
}

func (p *Progress) line() string {
	rate := float64(p.done) / time.Since(p.began).Seconds()
	left := time.Duration(float64(p.total-p.done)/rate) * time.Second
	return fmt.Sprintf("%d of %s, %s, %.1f %ss/s, %v left", p.done, Count(p.total, p.what), Count(p.failed, "failure"), rate, p.what, left)
}

// pad overwrites the previous text on the line.
func pad(s string) string { return s + strings.Repeat(" ", max(0, 78-len(s))) }
