package sanitize_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/base/sanitize"
)

func TestTextKeepsWordsAndLosesCommands(t *testing.T) {
	for given, want := range map[string]string{
		"as it was\n\tindented":                              "as it was\n\tindented",
		"\x1b[31mred\x1b[0m":                                 "red",
		"\x1b[38;5;196;1mbright\x1b[m":                       "bright",
		"\x1b]0;title\x07shown":                              "shown",
		"\x1b]8;;http://example.com\x1b\\link\x1b]8;;\x1b\\": "link",
		"\x1bPq#0;2;0;0;0\x1b\\sixel":                        "sixel",
		"\u009b2Jcleared":                                    "cleared",
		"\x1b(Bcharset":                                      "charset",
		"\x1bcreset":                                         "reset",
		"half a sequence \x1b[31":                            "half a sequence ",
		"bell\a, back\b, nul\x00":                            "bell, back, nul",
		"over\rwritten":                                      "over\nwritten",
		"dos\r\nlines":                                       "dos\nlines",
		"reversed \u202egnp.exe":                             "reversed gnp.exe",
		"bytes \xff\xfe":                                     "bytes \uFFFD",
		"名前 ñ é":                                             "名前 ñ é",
	} {
		require.Equal(t, want, sanitize.Text(given), "%q", given)
	}
}

func TestEachTextIsReplaced(t *testing.T) {
	type word string
	type inner struct {
		Texts  []string
		Any    map[string]any
		Word   word
		hidden string
	}
	value := struct {
		Text, Empty string
		One, None   *inner
	}{"a", "", &inner{[]string{"a", "b"}, map[string]any{"a": "b", "n": 1, "list": []any{"a", map[string]string{"c": "a"}}, "nil": nil}, "a", "a"}, nil}
	sanitize.Each(&value, func(text string) string { return text + "!" })
	require.Equal(t, "a!", value.Text)
	require.Equal(t, "!", value.Empty)
	require.Equal(t, &inner{[]string{"a!", "b!"}, map[string]any{"a!": "b!", "n!": 1, "list!": []any{"a!", map[string]string{"c!": "a!"}}, "nil!": nil}, "a", "a"}, value.One)
}

func TestCharactersLeaveMarkupWhole(t *testing.T) {
	require.Equal(t, "<a title=\"]0;\">x</a>\n", sanitize.Characters("<a title=\"\x1b]0;\">\u202ex</a>\r\n"))
}

func TestLine(t *testing.T) {
	require.Equal(t, "one two three", sanitize.Line("  one\n two\t\tthree\r\n"))
}

func TestCellsAreNoFormulas(t *testing.T) {
	for given, want := range map[string]string{
		"Ada Lovelace":            "Ada Lovelace",
		"":                        "",
		`=HYPERLINK("http://x")`:  `'=HYPERLINK("http://x")`,
		"+1":                      "'+1",
		"-2+3":                    "'-2+3",
		"@SUM(A1)":                "'@SUM(A1)",
		"\t=1+1":                  "'=1+1",
		"\r=1+1":                  "'=1+1",
		"\n=1+1":                  "'=1+1",
		" =1+1":                   "'=1+1",
		"\x1b[31m=1+1":            "'=1+1",
		"\uFEFF=1+1":              "'=1+1",
		"＝1+1":                    "'＝1+1",
		"O'Neill-Smith, Jean-Luc": "O'Neill-Smith, Jean-Luc",
		"a=b":                     "a=b",
	} {
		require.Equal(t, want, sanitize.Cell(given), "%q", given)
	}
}

func TestCutKeepsBothEnds(t *testing.T) {
	require.Equal(t, "short", sanitize.Cut("short", 5))
	long := "begin" + strings.Repeat("é", 5000) + "end"
	cut := sanitize.Cut(long, 101)
	require.True(t, utf8.ValidString(cut))
	require.Less(t, len(cut), 160)
	require.True(t, strings.HasPrefix(cut, "begin"))
	require.True(t, strings.HasSuffix(cut, "end"))
	require.Contains(t, cut, "bytes left out")
}

func FuzzText(f *testing.F) {
	f.Add("\x1b]0;\x1b[31m\x07=1")
	f.Fuzz(func(t *testing.T, s string) {
		out := sanitize.Text(s)
		require.True(t, utf8.ValidString(out))
		require.NotContains(t, out, "\x1b")
		require.NotContains(t, out, "\r")
		require.Equal(t, out, sanitize.Text(out), "cleaning twice changes nothing")
		cell := sanitize.Cell(s)
		require.False(t, cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r\n"), "%q", cell)
	})
}

func TestShort(t *testing.T) {
	require.Equal(t, "ééé", sanitize.Short("ééé", 3))
	require.Equal(t, "ab…yz", sanitize.Short("abcdefwxyz", 5))
	require.Equal(t, "éé…z", sanitize.Short("ééééz", 4))
}
