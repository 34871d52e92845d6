// Package regular opens files that somebody else created. Opening or reading a named pipe
// or a device in place of a file could block forever; here it does not. Start from [Open].
package regular

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// NotRegular reports that a path is not a regular file.
type NotRegular struct {
	Name string
	Mode fs.FileMode
}

func (e *NotRegular) Error() string {
	return fmt.Sprintf("%s is %s, not a regular file", filepath.Base(e.Name), TypeName(e.Mode))
}

// TypeName returns the name of a file type that is neither a file nor a folder.
func TypeName(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode&fs.ModeSymlink != 0:
		return "a link"
	case mode.IsDir():
		return "a folder"
	}
	return "something else"
}

// Open opens a regular file for reading and returns its size in bytes. It never blocks. It
// checks the opened file, not the name, which may change its meaning meanwhile. The error
// is a [*NotRegular] if it is not a regular file.
func Open(name string) (*os.File, int64, error) {
	return check(name, func() (*os.File, error) { return os.OpenFile(name, os.O_RDONLY|nonblock, 0) })
}

// OpenIn is like [Open] for a name in a directory. No link can lead out of the directory.
func OpenIn(dir *os.Root, name string) (*os.File, int64, error) {
	return check(name, func() (*os.File, error) { return dir.OpenFile(name, os.O_RDONLY|nonblock, 0) })
}

func check(name string, open func() (*os.File, error)) (*os.File, int64, error) {
	f, err := open()
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &NotRegular{name, info.Mode()}
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// Read returns the content of a regular file. It returns an error if that has more than
// most bytes.
func Read(name string, most int64) ([]byte, error) {
	f, _, err := Open(name)
	return read(f, err, name, most)
}

// ReadIn is like [Read] for a name in a directory. No link can lead out of the directory.
func ReadIn(dir *os.Root, name string, most int64) ([]byte, error) {
	f, _, err := OpenIn(dir, name)
	return read(f, err, name, most)
}

func read(f *os.File, err error, name string, most int64) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("%s has more than %d bytes", filepath.Base(name), most)
	}
	return text, err
}

// OpenDir opens a directory as a root out of which no link leads. It never blocks: a dot
// after the name of a pipe is not a valid path.
func OpenDir(name string) (*os.Root, error) {
	return os.OpenRoot(name + string(filepath.Separator) + ".")
}

// Tree is a directory as a file system with regular files and folders only. Nothing
// blocks, and no link leads out of it.
type Tree struct{ Root *os.Root }

// Open implements [fs.FS].
func (t Tree) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	f, err := t.Root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		err = &NotRegular{name, info.Mode()}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
