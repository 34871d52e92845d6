package sanitize

import (
	"fmt"
	"strings"
)

// maxName is how many characters of a name are shown.
const maxName = 120

// Name returns a name fit to be shown: as UTF-8, not too long, and with what controls
// a terminal written out.
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
