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

// Pack writes an archive of what is taken and nothing else. The same files make
// the same archive. One that was packed before is replaced; any other file in
// its place is left alone, and that is an error.
func (s *Submission) Pack(file string) error {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return err
		}
		if _, err := Open(file, DefaultBounds()); err != nil || trimArchiveExt(file) == "" {
			return fmt.Errorf("%s is there already and is no submission: name another file", file)
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
