package intake

import (
	"strings"
	"unicode"
)

// squeezed is a name without all but its letters and digits, in lower case, as
// Canvas makes the names of files.
func squeezed(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// lastFirst reports whether a squeezed name, the family name before the others, is
// a person's. Where the family name begins is not known: any place will do.
func lastFirst(squeezedName, person string) bool {
	if squeezed(person) == squeezedName {
		return true
	}
	words := strings.Fields(person)
	for i := range words {
		if squeezed(strings.Join(words[i:], "")+strings.Join(words[:i], "")) == squeezedName {
			return true
		}
	}
	return false
}
