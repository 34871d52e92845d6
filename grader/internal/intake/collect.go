package intake

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"raftlab/grader/internal/base/regular"
	"raftlab/grader/internal/base/sanitize"
)

// collector reads the Go files of a submission in any format.
type collector struct {
	bounds  Bounds
	count   int
	goBytes int64
	entries []entry
	ignored []Ignored
	seen    map[string]string // names so far
	// vendored holds the folders of libraries so far.
	vendored map[string]bool
}

// admit checks the name of an entry and returns it in canonical form.
func (c *collector) admit(name string) (string, error) {
	if c.count++; c.count > c.bounds.Entries {
		return "", reject("it holds more than %d files and folders", c.bounds.Entries)
	}
	if strings.ContainsRune(name, 0) {
		return "", reject("a file's name holds a zero byte: %s", sanitize.Name(name))
	}
	slashed := strings.ReplaceAll(name, `\`, "/") // some tools on Windows write these
	switch {
	case strings.HasPrefix(slashed, "/"), len(slashed) > 1 && slashed[1] == ':':
		return "", reject("%s is an absolute path; paths in an archive must be relative", sanitize.Name(name))
	case len(slashed) > 4096:
		return "", reject("a path has %d characters", len(slashed))
	}
	for _, part := range strings.Split(slashed, "/") {
		if part == ".." {
			return "", reject("%s leads out of the archive", sanitize.Name(name))
		}
	}
	clean := path.Clean(slashed)
	if depth(clean) > c.bounds.Depth {
		return "", reject("folders are nested more than %d levels deep", c.bounds.Depth)
	}
	return clean, nil
}

// vendor is the folder of libraries in the students' tree. It contains more files than a
// submission may have, and all of them belong to the lab.
const vendor = "vendor"

// file reads an ordinary file if it is a Go file. open is called only for these. The file
// may be longer than its archive says.
func (c *collector) file(name string, open func() (io.ReadCloser, error)) error {
	if parts := strings.Split(name, "/"); slices.Contains(parts[:len(parts)-1], vendor) {
		c.libraries(path.Join(parts[:slices.Index(parts, vendor)+1]...))
		return nil
	}
	if !strings.HasSuffix(name, ".go") {
		c.ignored = append(c.ignored, Ignored{sanitize.Name(name), "not a Go file"})
		return nil
	}
	if strings.HasPrefix(path.Base(name), "._") {
		c.ignored = append(c.ignored, Ignored{sanitize.Name(name), "left by the Finder of macOS"})
		return nil
	}
	if was, ok := c.seen[name]; ok {
		return reject("%s is in it twice", sanitize.Name(was))
	}
	c.seen[name] = name
	r, err := open()
	if err != nil {
		return c.unreadable(name, err)
	}
	text, err := io.ReadAll(io.LimitReader(r, c.bounds.File+1))
	if closed := r.Close(); err == nil {
		err = closed
	}
	if int64(len(text)) > c.bounds.File {
		return reject("%s has more than %d bytes", sanitize.Name(name), c.bounds.File)
	}
	if err != nil {
		return c.unreadable(name, err)
	}
	if c.goBytes += int64(len(text)); c.goBytes > c.bounds.GoFiles {
		return reject("its Go files have more than %d bytes together; submit only those in raft/ and kvraft/", c.bounds.GoFiles)
	}
	c.entries = append(c.entries, entry{name, text})
	return nil
}

// unreadable returns the error of a file that cannot be read. Errors of the operating
// system are failures of the machine. All others are errors in the archive, including a
// seek beyond the end of a file. A file that has been replaced by something else since it
// was listed is ignored.
func (c *collector) unreadable(name string, err error) error {
	var not *regular.NotRegular
	var system syscall.Errno
	switch {
	case errors.As(err, &not):
		c.other(name, not.Mode)
		return nil
	case errors.As(err, &system) && system != syscall.EINVAL:
		return fmt.Errorf("%s cannot be read: %w", sanitize.Name(name), system)
	}
	if at := new(fs.PathError); errors.As(err, &at) {
		err = at.Err // without the path on this machine
	}
	return reject("%s cannot be read: %v", sanitize.Name(name), err)
}

// libraries records, once, that a folder of libraries is ignored.
func (c *collector) libraries(dir string) {
	if !c.vendored[dir] {
		c.vendored[dir] = true
		c.ignored = append(c.ignored, Ignored{sanitize.Name(dir), "libraries are the lab's own"})
	}
}

// other records an entry that is neither a file nor a folder.
func (c *collector) other(name string, mode fs.FileMode) {
	why := "not a regular file"
	if mode&fs.ModeSymlink != 0 {
		why = "a link; submit the file itself"
	}
	c.ignored = append(c.ignored, Ignored{sanitize.Name(name), why})
}

func (c *collector) directory(dir string) error {
	// With a root, a link that is created meanwhile cannot lead out.
	top, err := regular.OpenDir(dir)
	if err != nil {
		return err
	}
	defer top.Close()
	return fs.WalkDir(regular.Tree{Root: top}, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name == "." {
			return nil
		}
		clean, err := c.admit(name)
		if err != nil {
			return err
		}
		switch {
		case e.IsDir() && e.Name() == ".git":
			return fs.SkipDir
		case e.IsDir() && e.Name() == vendor:
			c.libraries(clean)
			return fs.SkipDir
		case e.IsDir():
			return nil
		case !e.Type().IsRegular():
			c.other(clean, e.Type())
			return nil
		}
		return c.file(clean, func() (io.ReadCloser, error) {
			f, _, err := regular.OpenIn(top, filepath.FromSlash(name))
			return f, err
		})
	})
}

func (c *collector) zip(name string) error {
	f, size, err := regular.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := zip.NewReader(f, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return reject("%s is not a zip archive, or it is broken: %v", sanitize.Name(filepath.Base(name)), err)
	}
	if len(r.File) > c.bounds.Entries {
		return reject("it holds more than %d files and folders", c.bounds.Entries)
	}
	for _, f := range r.File {
		clean, err := c.admit(f.Name)
		if err != nil {
			return err
		}
		mode := f.Mode()
		switch {
		case mode.IsDir() || strings.HasSuffix(f.Name, "/"):
		case !mode.IsRegular():
			c.other(clean, mode)
		case f.Flags&1 != 0:
			return reject("the archive has a password")
		default:
			if err := c.file(clean, f.Open); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *collector) tarGz(name string) error {
	broken := func(err error) error {
		return reject("%s is not a .tar.gz archive, or it is broken: %v", sanitize.Name(filepath.Base(name)), err)
	}
	f, _, err := regular.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return broken(err)
	}
	// Ignored files are unpacked too, so they count.
	total := &limitedReader{r: unzipped, left: c.bounds.Total}
	r := tar.NewReader(total)
	for {
		h, err := r.Next()
		switch {
		case total.left < 0:
			return reject("it has more than %d bytes when it is unpacked", c.bounds.Total)
		case err == io.EOF:
			return nil
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			return broken(err)
		}
		clean, err := c.admit(h.Name)
		if err != nil {
			return err
		}
		switch h.Typeflag {
		case tar.TypeDir, tar.TypeXGlobalHeader:
		case tar.TypeReg:
			if err := c.file(clean, func() (io.ReadCloser, error) { return io.NopCloser(r), nil }); err != nil {
				if total.left < 0 {
					return reject("it has more than %d bytes when it is unpacked", c.bounds.Total)
				}
				return err
			}
		case tar.TypeLink:
			c.other(clean, fs.ModeSymlink)
		default:
			c.other(clean, h.FileInfo().Mode())
		}
	}
}

// limitedReader returns an error after a number of bytes.
type limitedReader struct {
	r    io.Reader
	left int64
}

var errTooLong = errors.New("too long")

func (b *limitedReader) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLong
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	return n, err
}
