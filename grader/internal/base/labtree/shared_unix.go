//go:build unix

package labtree

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Shared returns a copy of a lab that all graders of this user on this machine share, and
// its version. Sharing it lets them reuse compiled packages, because the compiler's cache
// depends on file paths. tree is "" on systems that do not tell who owns a folder.
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
	// The folder exists. Others can write to its parent, so check its owner.
	info, err := os.Lstat(place)
	if err != nil {
		return "", "", err
	}
	if who, ok := info.Sys().(*syscall.Stat_t); !ok || !info.IsDir() || int(who.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
		return "", "", fmt.Errorf("%s is not a folder that only you can write to; remove it, or set TMPDIR to such a folder", place)
	}
	if there, err := Version(tree); err != nil || there != version {
		return "", "", fmt.Errorf("%s has changed and is no longer the lab (%v); remove it", place, err)
	}
	return tree, version, nil
}
