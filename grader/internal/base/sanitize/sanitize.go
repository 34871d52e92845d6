// Package sanitize makes text from others, such as a submission's output or a name in a
// roster, safe to show. It changes characters that control a terminal, an editor or a
// spreadsheet. Code that writes markup must escape it itself. Start from [Text].
package sanitize

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escapes matches complete escape sequences of ECMA-48, so that no "[31m" remains: strings
// up to their terminator, control sequences, and short sequences. Sequences that it misses
// lose their control characters anyway.
var escapes = regexp.MustCompile(
	"(?:\x1b[\\]PX^_]|[\u0090\u0098\u009d\u009e\u009f])[^\x07\x1b\u009c\n]*(?:\x07|\x1b\\\\|\u009c)?" +
		"|(?:\x1b\\[|\u009b)[0-?]*[ -/]*[@-~]?" +
		"|\x1b[ -/]*[0-~]")

// Text returns the text without escape sequences, filtered by [Characters]. Invalid UTF-8
// becomes U+FFFD.
func Text(s string) string {
	return Characters(escapes.ReplaceAllString(strings.ToValidUTF8(s, "\uFFFD"), ""))
}

// Characters returns the text without control characters other than newlines and tabs, and
// without marks that reverse the direction of text. It removes nothing else, so markup
// stays complete.
func Characters(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || r == '\u2028' || r == '\u2029':
			return '\n'
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\uFEFF', r == '\uFFFE', r == '\uFFFF':
			return -1
		}
		return r
	}, s)
}

// Line returns the text on one line, with single spaces.
func Line(s string) string { return strings.Join(strings.Fields(Text(s)), " ") }

// Cell returns the text as a cell of a spreadsheet. A text that a spreadsheet would take
// for a formula gets a leading apostrophe. Do not use it for numbers.
func Cell(s string) string {
	s = Line(s)
	if s != "" && strings.ContainsAny(s[:1], "=+-@|%") || strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") || strings.HasPrefix(s, "－") || strings.HasPrefix(s, "＠") {
		return "'" + s
	}
	return s
}

// Cut shortens a text to about max bytes. It keeps the beginning and the end, which are
// the most useful, with a line between them that says how much was left out.
func Cut(s string, max int) string {
	if len(s) <= max {
		return s
	}
	head, tail := s[:max/2], s[len(s)-max/2:]
	for len(head) > 0 && !utf8.RuneStart(s[len(head)]) {
		head = head[:len(head)-1]
	}
	for len(tail) > 0 && !utf8.RuneStart(tail[0]) {
		tail = tail[1:]
	}
	return fmt.Sprintf("%s\n[... %d bytes left out ...]\n%s", head, len(s)-len(head)-len(tail), tail)
}

// Short shortens a text to a number of characters. It keeps the beginning and the end,
// with "…" between them.
func Short(s string, characters int) string {
	if len(s) <= characters {
		return s
	}
	runes := []rune(s)
	if len(runes) <= characters {
		return s
	}
	head := characters / 2
	tail := characters - head - 1
	return string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
}
