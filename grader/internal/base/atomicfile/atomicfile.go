// Package atomicfile writes files atomically: concurrent readers, and readers after a
// crash, see the old or the new content. Start from [Write].
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes a file that everybody may read, and replaces an existing one. Its folder
// must exist. It replaces the target of a link, not the link, and writes to a device or
// pipe. If several processes write one file at the same time, the last one wins.
func Write(file string, text []byte) error {
	return WriteFunc(file, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// WritePrivate is like [Write], but only the owner may read the file.
func WritePrivate(file string, text []byte) error {
	return replace(file, 0o600, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// WriteFunc is like [Write] for content that a function writes. If that fails, or the disk
// is full, the old file stays unchanged.
func WriteFunc(file string, write func(io.Writer) error) error { return replace(file, 0o644, write) }

func replace(file string, mode fs.FileMode, write func(io.Writer) error) error {
	switch info, err := os.Stat(file); {
	case err != nil: // the file does not exist
	case info.IsDir():
		return fmt.Errorf("%s is a folder; give the name of a file", file)
	case !info.Mode().IsRegular():
		return into(file, write)
	default:
		// Replace the target of a link, not the link itself.
		if file, err = filepath.EvalSymlinks(file); err != nil {
			return err
		}
	}
	// Use the same folder, because a file can be renamed only within a file system. The
	// dot hides the temporary file.
	fresh, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-")
	if err != nil {
		return err
	}
	defer os.Remove(fresh.Name()) // does nothing after the rename
	err = write(fresh)
	if err == nil {
		err = fresh.Chmod(mode)
	}
	if err == nil {
		err = fresh.Sync()
	}
	if err := errors.Join(err, fresh.Close()); err != nil {
		return err
	}
	return os.Rename(fresh.Name(), file)
}

// into writes to a device or a pipe, such as /dev/stdout. Its readers would not see a file
// that replaces it.
func into(file string, write func(io.Writer) error) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
