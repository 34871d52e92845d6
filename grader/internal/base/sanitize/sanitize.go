// Package sanitize makes safe to show what somebody else wrote: a submission's
// output, a name in a roster. It changes characters that a terminal, an editor or
// a spreadsheet would obey; markup is the business of whoever writes markup.
// Start from [Text].
package sanitize

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escapes are the sequences of ECMA-48 with what belongs to them, so that no
// "[31m" is left behind: strings up to their terminator, control sequences, and
// the short ones. What escapes this loses its control characters all the same.
var escapes = regexp.MustCompile(
	"(?:\x1b[\\]PX^_]|[\u0090\u0098\u009d\u009e\u009f])[^\x07\x1b\u009c\n]*(?:\x07|\x1b\\\\|\u009c)?" +
		"|(?:\x1b\\[|\u009b)[0-?]*[ -/]*[@-~]?" +
		"|\x1b[ -/]*[0-~]")

// Text returns the text without escape sequences, and with the characters that
// [Characters] leaves. What is not UTF-8 becomes U+FFFD.
func Text(s string) string {
	return Characters(escapes.ReplaceAllString(strings.ToValidUTF8(s, "\uFFFD"), ""))
}

// Characters returns the text without control characters other than newlines and
// tabs, and without the marks that reverse the direction of what follows. It takes
// out nothing else, so that a page of markup stays whole.
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

// Cell returns the text as one cell of a spreadsheet, which takes what begins
// with certain characters for a formula: such a text gets an apostrophe in front,
// by which spreadsheets know a text. Numbers of our own need none.
func Cell(s string) string {
	s = Line(s)
	if s != "" && strings.ContainsAny(s[:1], "=+-@|%") || strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") || strings.HasPrefix(s, "－") || strings.HasPrefix(s, "＠") {
		return "'" + s
	}
	return s
}

// Cut returns at most about max bytes of a text, its beginning and its end, with
// a line between them that says how much was left out. Most is said at the two
// ends of what a program prints.
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

// Short returns a text of at most so many characters: of a longer one its beginning and
// its end, with "…" between them. A name says most at its ends.
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
