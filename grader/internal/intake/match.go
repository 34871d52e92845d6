package intake

import (
	"strings"
	"unicode"
)

// squeezed returns the letters and digits of a name in lower case, as Canvas does in the
// names of files.
func squeezed(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// lastFirst reports whether a squeezed name, in which the family name comes first, can be a
// person's name. It tries each word as the beginning of the family name.
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
