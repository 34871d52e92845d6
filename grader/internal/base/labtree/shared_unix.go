//go:build unix

package labtree

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Shared returns a copy of a lab that all graders of this user on this machine
// build in, and its version. Whatever is compiled of it is then found in the
// compiler's cache by the next one, which goes by the place of files. tree is "" on
// systems on which nothing tells whose a folder is: make a copy there.
func Shared(lab string) (tree, version string, err error) {
	fresh, err := os.MkdirTemp("", "raftlab-new-")
	if err != nil {
		return "", "", err
	}
	defer os.RemoveAll(fresh)
	if err := os.Chmod(fresh, 0o755); err != nil { // submissions read it as another user
		return "", "", err
	}
	if version, err = Copy(filepath.Join(fresh, "lab"), lab); err != nil {
		return "", "", err
	}
	place := filepath.Join(os.TempDir(), fmt.Sprintf("raftlab-%d-%s", os.Getuid(), version))
	tree = filepath.Join(place, "lab")
	if err := os.Rename(fresh, place); err == nil {
		return tree, version, nil
	}
	// It is there. Others can write to this folder's parent, so look whose it is.
	info, err := os.Lstat(place)
	if err != nil {
		return "", "", err
	}
	if who, ok := info.Sys().(*syscall.Stat_t); !ok || !info.IsDir() || int(who.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
		return "", "", fmt.Errorf("%s is not a folder of yours alone: remove it, or set TMPDIR to a folder that is", place)
	}
	if there, err := Version(tree); err != nil || there != version {
		return "", "", fmt.Errorf("%s is not the lab any more (%v): remove it", place, err)
	}
	return tree, version, nil
}
