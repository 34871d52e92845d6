package border

import (
	"encoding/binary"
	"fmt"
)

// The lab's own commands are integers and strings. Any other value that a server applies
// is not a command of the lab, so only the name of its type is encoded, for the failure
// message.

// Foreign is a command that is not one of the lab's. It holds the name of its type.
type Foreign string

// Command encodes a command.
func Command(c any) []byte {
	switch c := c.(type) {
	case nil:
		return []byte{'n'}
	case int:
		return binary.AppendVarint([]byte{'i'}, int64(c))
	case string:
		return append([]byte{'s'}, c...)
	}
	return append([]byte{'f'}, fmt.Sprintf("%.100T", c)...)
}

// ParseCommand decodes a command. A command that is not one of the lab's is a [Foreign].
func ParseCommand(b []byte) (any, error) {
	if len(b) == 0 {
		return nil, errMalformed
	}
	switch rest := b[1:]; b[0] {
	case 'n':
		if len(rest) == 0 {
			return nil, nil
		}
	case 'i':
		if n, width := binary.Varint(rest); width > 0 && width == len(rest) {
			return int(n), nil
		}
	case 's':
		return string(rest), nil
	case 'f':
		if len(rest) <= 400 {
			return Foreign(rest), nil
		}
	}
	return nil, errMalformed
}
