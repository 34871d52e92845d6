package bundle

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"raftlab/grader/internal/base/atomicfile"
)

// zip writes the archive of the stage, and of Go if it is included.
func (g Gradescope) zip(stage, out string) error {
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	return atomicfile.WriteFunc(out, func(w io.Writer) error {
		z := zip.NewWriter(w)
		err := packFolder(z, stage, "", func(string) bool { return true })
		if err == nil && g.Go == Ship {
			err = packFolder(z, runtimeRoot(), "go", isNeeded)
		}
		return errors.Join(err, z.Close())
	})
}

// runtimeRoot returns the root of this machine's Go.
func runtimeRoot() string {
	text, err := output(context.Background(), ".", nil, "go", "env", "GOROOT")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// isNeeded reports whether a file of Go is needed to build tests. It leaves out Go's own
// tests and documents, and the sources of its tools.
func isNeeded(place string) bool {
	for _, p := range []string{"test/", "doc/", "api/", "misc/", "src/cmd/", "pkg/obj/", "bin/gofmt"} {
		if strings.HasPrefix(place, p) {
			return false
		}
	}
	return !strings.Contains(place, "/testdata/") && !strings.HasSuffix(place, "_test.go")
}

// packFolder adds the files of a folder in order.
func packFolder(z *zip.Writer, dir, under string, want func(string) bool) error {
	if dir == "" {
		return errors.New("there is no Go to ship")
	}
	return filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		place, err := filepath.Rel(dir, file)
		if err != nil || d.IsDir() || !want(filepath.ToSlash(place)) {
			return err
		}
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		h, err := zip.FileInfoHeader(info)
		if err != nil {
			return err
		}
		h.Name, h.Method = path.Join(under, filepath.ToSlash(place)), zip.Deflate
		w, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		in, err := os.Open(file)
		if err != nil {
			return err
		}
		defer in.Close()
		_, err = io.Copy(w, in)
		return err
	})
}
