package watch

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fatih/color"

	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/publish/terminal"
	"raftlab/tests/suite"
)

// shownRates is how many cases of a part, and shownFiles how many files, are named.
const (
	shownRates = 6
	shownFiles = 3
)

// String is the board in lines of at most 80 columns, but for commands and file names.
func (b Board) String() string {
	var s strings.Builder
	if b.Broken != "" {
		fmt.Fprintf(&s, "%s\n\nThe last program that was built:\n\n", color.RedString("%s", sanitize.Text(b.Broken)))
	}
	fmt.Fprintf(&s, "%-5s %-40s %12s %8s\n", "part", "cases", "passed", "runs")
	for i, part := range b.Parts() {
		rows := b.Part(part)
		if i >= b.reached {
			fmt.Fprintf(&s, "%-5s begins when %s passes\n", part, b.Parts()[i-1])
			continue
		}
		var marks strings.Builder
		var rates []string
		passed, runs := 0, 0
		for _, r := range rows {
			switch {
			case r.Now.Runs() == 0:
				marks.WriteString("-")
			case r.Now.Failed > 0:
				marks.WriteString(color.RedString("F"))
				rates = append(rates, fmt.Sprintf("%s %s", r.Name, r.Now))
			default:
				marks.WriteString(color.GreenString("."))
				passed++
			}
			runs = max(runs, r.Now.Runs())
		}
		fmt.Fprintf(&s, "%-5s %s%s %12s %8d\n", part, &marks, strings.Repeat(" ", max(0, 40-len(rows))), fmt.Sprintf("%d of %d", passed, len(rows)), runs)
		if len(rates) > 0 {
			fmt.Fprintf(&s, "  %s\n", suite.Fold("    "+listed(rates, shownRates, "other")))
		}
	}
	b.changes(&s)
	if b.Failure != nil && b.Broken == "" {
		fmt.Fprintf(&s, "\n%s", b.Failure.Text)
	}
	return s.String()
}

// String says how many runs passed.
func (c Count) String() string { return fmt.Sprintf("%d of %d", c.Passed, c.Runs()) }

// changes says what is different since the save.
func (b Board) changes(s *strings.Builder) {
	for _, change := range []struct {
		what string
		rows []Row
		in   func(string, ...any) string
	}{{"now fails: ", b.NowFail(), color.RedString}, {"now passes:", b.NowPass(), color.GreenString}} {
		var names []string
		for _, r := range change.rows {
			names = append(names, fmt.Sprintf("%s (before: %s)", r.Name, r.Before))
		}
		if len(names) > 0 {
			text := suite.Fold(change.what + " " + listed(names, shownRates, "other"))
			fmt.Fprintf(s, "\n%s%s\n", change.in("%s", change.what), strings.TrimPrefix(text, change.what))
		}
	}
}

// listed names some of many.
func listed(names []string, most int, what string) string {
	list := strings.Join(names[:min(most, len(names))], ", ")
	if n := len(names) - most; n > 0 {
		list += " and " + terminal.Count(n, what)
	}
	return list
}

// Doing says in a line what is done at the moment.
func (b Board) Doing() string {
	after := ""
	if len(b.Saved) > 0 {
		after = fmt.Sprintf(", after a save of %s", listed(b.Saved, shownFiles, "other file"))
	}
	return sanitize.Line(string(b.State)+after) + "\n"
}

// Screen redraws a board in place, on a terminal.
type Screen struct {
	Out  io.Writer
	Note string // stands above each board, on a line of its own; "" for none
	// Size returns how many columns and lines there are.
	Size func() (width, height int, err error)
}

// Show draws a board. The whole text is written at once, so that nothing flickers.
func (s Screen) Show(b Board) {
	width, height, err := s.Size()
	text := s.Note + b.String() + "\n" + b.Doing()
	if err == nil {
		text = fit(text, width, height-1)
	}
	// Home; each line erases what stood behind it, and the last all below.
	fmt.Fprintf(s.Out, "\x1b[H%s\x1b[J", strings.ReplaceAll(text, "\n", "\x1b[K\n"))
}

// Clear makes room for the first board.
func (s Screen) Clear() { io.WriteString(s.Out, "\x1b[2J") }

// fit returns the text, or if it needs more lines than there are, its beginning and a line
// that says so.
func fit(text string, width, height int) string {
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	used := 0
	for i, line := range lines {
		columns := utf8.RuneCountInString(sanitize.Text(strings.TrimSuffix(line, "\n")))
		used += max(1, (columns+width-1)/max(1, width))
		if used > height || used == height && i < len(lines)-1 {
			return strings.Join(lines[:i], "") + fmt.Sprintf("(%s more: enlarge the terminal, or use --web)\n", terminal.Count(len(lines)-i, "line"))
		}
	}
	return strings.Join(lines, "") + "\n"
}

// Log writes boards one below the other, where nothing can be redrawn: a board when the
// first runs after a save are done or something else fails, and otherwise a line.
type Log struct {
	Out  io.Writer
	last string
}

// Show writes what is new of a board.
func (l *Log) Show(b Board) {
	switch {
	case b.State == Building:
		l.last = ""
		io.WriteString(l.Out, b.Doing())
	case b.State == Running:
	case l.last == b.outcome():
		fmt.Fprintln(l.Out, b.counts())
	default:
		l.last = b.outcome()
		fmt.Fprintf(l.Out, "\n%s\n", b)
	}
}

// outcome is the same for two boards that differ only in how often cases ran.
func (b Board) outcome() string {
	var failed []string
	for _, r := range b.Rows {
		if r.Now.Failed > 0 {
			failed = append(failed, r.Name)
		}
	}
	return fmt.Sprint(b.reached, b.Broken, failed)
}

// counts says how many runs there were of each part.
func (b Board) counts() string {
	var all []string
	for _, part := range b.Parts()[:b.reached] {
		most := slices.MaxFunc(b.Part(part), func(x, y Row) int { return x.Now.Runs() - y.Now.Runs() })
		all = append(all, fmt.Sprintf("%s %s", part, terminal.Count(most.Now.Runs(), "run")))
	}
	return strings.Join(all, ", ") + ": no other failure"
}
