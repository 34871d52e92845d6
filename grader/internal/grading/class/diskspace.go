package class

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrDiskFull means that there is no disk space to continue.
var ErrDiskFull = errors.New("there is no disk space to continue")

// Space in bytes that must be free where programs run and where results are kept: for a
// run, that of some hundred records or a log; for a build, that of the linker.
const (
	runSpace   = 1 << 20
	buildSpace = 128 << 20
)

// A program that fills the disk is stopped and its files are removed. So the grader checks
// for space several times, with pauses, before it stops grading.
const (
	spaceChecks = 5
	spaceWait   = time.Second
)

// diskSpace checks the directories to which a grading writes.
type diskSpace struct {
	scratch, out string        // directories for builds and for results
	wait         time.Duration // time between two checks; 0 for the default
}

// check returns an error if there is no space. It is called after a failure that a full
// disk may have caused. The run is then not recorded and the grading stops; it is made
// again when there is space.
func (r diskSpace) check(needed int) (err error) {
	for look := range spaceChecks {
		if look > 0 {
			time.Sleep(cmp.Or(r.wait, spaceWait))
		}
		if err = errors.Join(probe(r.scratch, needed), probe(r.out, runSpace)); err == nil {
			return nil
		}
	}
	return diskFull(err)
}

// diskFull returns the error of a grading that stops because the disk is full.
func diskFull(why error) error {
	return fmt.Errorf("%w (%w): free some space and rerun the command; nothing is lost", ErrDiskFull, why)
}

// probe writes that many bytes to a file in a directory and removes the file.
func probe(dir string, bytes int) error {
	f, err := os.CreateTemp(dir, ".room-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	for block := make([]byte, runSpace); bytes > 0 && err == nil; bytes -= len(block) {
		_, err = f.Write(block)
	}
	return errors.Join(err, f.Close())
}
