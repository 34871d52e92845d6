package sanitize

import (
	"fmt"
	"strings"
)

// maxName is the maximum number of characters of a name.
const maxName = 120

// Name returns a name that is safe to show: valid UTF-8, not too long, and with escaped
// control characters.
func Name(name string) string {
	var b strings.Builder
	for _, r := range Short(strings.ToValidUTF8(name, "\uFFFD"), maxName) {
		if r < ' ' || r == 0x7f || 0x80 <= r && r < 0xa0 || 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069 {
			fmt.Fprintf(&b, "\\u%04x", r)
			continue
		}
		b.WriteRune(r)
	}
	return Short(b.String(), maxName)
}
