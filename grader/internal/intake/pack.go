package intake

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"raftlab/grader/internal/base/atomicfile"
)

// Pack writes an archive of the graded files only. The same files give the same archive.
// It replaces an earlier archive, but returns an error if there is any other file.
func (s *Submission) Pack(file string) error {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return err
		}
		if _, err := Open(file, DefaultBounds()); err != nil || trimArchiveExt(file) == "" {
			return fmt.Errorf("%s exists and is not a submission; choose another file", file)
		}
	}
	return atomicfile.WriteFunc(file, func(out io.Writer) error {
		w := zip.NewWriter(out)
		for _, name := range s.Names() {
			to, err := w.Create(name)
			if err == nil {
				_, err = to.Write(s.Files[name])
			}
			if err != nil {
				return err
			}
		}
		return w.Close()
	})
}
