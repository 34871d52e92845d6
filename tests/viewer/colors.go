package viewer

import (
	"fmt"
	"slices"
	"strings"
)

// color is a color of a picture, on a light and on a dark background.
type color struct{ light, dark string }

// termColors are given to the terms of a picture in their order. They were searched for:
// each has a contrast of 3:1 with its background, and any two differ clearly for readers with
// protanopia, deuteranopia or tritanopia too, see the test.
var termColors = []color{
	{"#373c84", "#2683c3"}, {"#d77a0d", "#dd8e11"}, {"#1e746e", "#37efac"}, {"#ae77bc", "#bc86a1"}, {"#0095fc", "#aad8ff"},
	{"#718352", "#f5e079"}, {"#5a08a8", "#a514ff"}, {"#6d11ff", "#5c7739"}, {"#6f2a2b", "#c4f831"},
}

const (
	paper, ink, soft, thin, bad, hatched = "#fff", "#16181d", "#5b6270", "#d4d8df", "#b3001b", "#9aa1ad"
)

// otherColors are the colors of a picture other than those of terms.
var otherColors = []color{
	{paper, "#14161a"}, {ink, "#e9ebef"}, {soft, "#a3abb8"}, {thin, "#363b45"}, {bad, "#ff6b6b"}, {hatched, "#5d6573"},
}

// colorOf returns the color of a term. All terms in a picture have different colors, unless
// there are more terms than colors.
func (d *drawing) colorOf(term int) string {
	k, shows := slices.BinarySearch(d.terms, term)
	if !shows {
		return soft
	}
	return termColors[k%len(termColors)].light
}

// darkStyle gives a picture its dark colors where the reader prefers them. Attributes hold
// the light ones, which programs that know no style sheets use.
func darkStyle() string {
	var b strings.Builder
	b.WriteString("<style>@media (prefers-color-scheme: dark) {\n")
	for _, c := range slices.Concat(otherColors, termColors) {
		fmt.Fprintf(&b, "[fill=%q]{fill:%s}[stroke=%q]{stroke:%s}\n", c.light, c.dark, c.light, c.dark)
	}
	b.WriteString("}</style>\n")
	return b.String()
}
