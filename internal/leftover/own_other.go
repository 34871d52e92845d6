//go:build !unix

package leftover

import "io/fs"

// own reports whether a folder belongs to this user. Such systems do not tell by a
// number; whoever may not remove it gets an error.
func own(fs.FileInfo) bool { return true }
