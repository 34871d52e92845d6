//go:build unix

package leftover

import (
	"io/fs"
	"os"
	"syscall"
)

// own reports whether a folder belongs to this user.
func own(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
