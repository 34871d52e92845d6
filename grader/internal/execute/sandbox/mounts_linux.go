package sandbox

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// newRoot builds a root directory that holds only the given files, under their own names,
// and changes into it.
func newRoot(o helperOptions) error {
	// Mounts made here must not be visible outside.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("root", o.Root, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "size=1m,mode=755"); err != nil {
		return fmt.Errorf("mount a root: %w", err)
	}
	type file struct {
		path  string
		flags uint64
	}
	const (
		read  = unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV
		write = unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV
	)
	var files []file
	for _, p := range o.Read {
		files = append(files, file{p, read})
		// Also bind the real name, because programs resolve links.
		if real, err := filepath.EvalSymlinks(p); err == nil && real != p {
			files = append(files, file{real, read})
		}
	}
	for _, p := range o.Write {
		files = append(files, file{p, write})
	}
	for _, p := range devices {
		files = append(files, file{p, unix.MOUNT_ATTR_NOSUID})
	}
	// Bind a directory before the files in it.
	slices.SortStableFunc(files, func(a, b file) int { return cmp.Compare(len(a.path), len(b.path)) })
	for _, f := range files {
		if err := bind(f.path, filepath.Join(o.Root, f.path), f.flags); err != nil {
			return fmt.Errorf("%s: %w", f.path, err)
		}
	}
	proc := filepath.Join(o.Root, "proc")
	if err := os.MkdirAll(proc, 0o755); err != nil {
		return err
	}
	if o.Proc {
		if err := unix.Mount("proc", proc, "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
			return fmt.Errorf("mount /proc: %w", err)
		}
	} else if err := unix.Mount("/proc", proc, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := unix.MountSetattr(unix.AT_FDCWD, o.Root, 0, &unix.MountAttr{Attr_set: read}); err != nil {
		return fmt.Errorf("close the root: %w", err)
	}
	if err := os.Chdir(o.Root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("go into the root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leave the old root: %w", err)
	}
	return os.Chdir("/")
}

// bind makes a file or a directory visible at another place.
func bind(from, to string, flags uint64) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	// It exists already if it is below a directory that was bound.
	if _, err := os.Stat(to); err != nil {
		dir := to
		if !info.IsDir() {
			dir = filepath.Dir(to)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if !info.IsDir() {
			if err := os.WriteFile(to, nil, 0o644); err != nil {
				return err
			}
		}
	}
	if err := unix.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	if err := unix.MountSetattr(unix.AT_FDCWD, to, unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: flags}); err != nil {
		return fmt.Errorf("restrict: %w", err)
	}
	return nil
}
