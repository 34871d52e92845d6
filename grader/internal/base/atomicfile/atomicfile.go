// Package atomicfile writes a file as a whole or not at all: whoever reads it
// meanwhile, and whoever looks after a crash, sees the old one or the new one.
// Start from [Write].
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes a file that anybody may read, in the place of one that is there.
// Its folder must be there. A link stays, and what it leads to is replaced; a device or
// a pipe is written to. Several may write one file at once: one of them is
// the last.
func Write(file string, text []byte) error {
	return WriteFunc(file, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// WritePrivate is [Write] of a file that nobody else may read.
func WritePrivate(file string, text []byte) error {
	return replace(file, 0o600, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// WriteFunc is [Write] for what write puts out. If that fails, or the disk is full,
// what was there is left as it is.
func WriteFunc(file string, write func(io.Writer) error) error { return replace(file, 0o644, write) }

func replace(file string, mode fs.FileMode, write func(io.Writer) error) error {
	switch info, err := os.Stat(file); {
	case err != nil: // there is none
	case info.IsDir():
		return fmt.Errorf("%s is a folder: give the name of a file", file)
	case !info.Mode().IsRegular():
		return into(file, write)
	default:
		// What a link leads to is replaced, and the link stays.
		if file, err = filepath.EvalSymlinks(file); err != nil {
			return err
		}
	}
	// In the same folder, for a name can be changed only within a file system; with
	// a dot in front, so that nobody takes it for the file.
	fresh, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-")
	if err != nil {
		return err
	}
	defer os.Remove(fresh.Name()) // nothing, once it has its name
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

// into writes to a device or a pipe, such as /dev/stdout: a file in its place would be
// seen by nobody who reads from it.
func into(file string, write func(io.Writer) error) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
