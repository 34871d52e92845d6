package exact

import (
	"path/filepath"
	"strings"
)

// Path returns the name by which a program knows a file or a directory of the
// host: the same where names begin with a slash, and like that elsewhere.
func Path(name string) string {
	name = filepath.ToSlash(strings.TrimPrefix(name, filepath.VolumeName(name)))
	if !strings.HasPrefix(name, "/") {
		name = "/" + name
	}
	return name
}
