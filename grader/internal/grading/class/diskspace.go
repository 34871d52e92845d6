package class

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrDiskFull says that nothing more can be written.
var ErrDiskFull = errors.New("there is no room to go on")

// What must be free where programs are run and where results are kept, in bytes: for a
// run some hundred records, or its log, and what the linker takes for a build.
const (
	runSpace   = 1 << 20
	buildSpace = 128 << 20
)

// A program that fills the disk is stopped and its files are removed; so a full disk
// is looked at so many times, some time apart, before grading stops.
const (
	spaceChecks = 5
	spaceWait   = time.Second
)

// diskSpace holds the directories to which a grading writes.
type diskSpace struct {
	scratch, out string        // directories for builds and for results
	wait         time.Duration // time between two checks; 0 for the default
}

// check returns an error if there is no room, after something failed that may have failed
// for that. The run is then not recorded and the grading stops: it is made when there is
// room again, as it would have been the first time.
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

// diskFull is the error of a grading that stops for want of room.
func diskFull(why error) error {
	return fmt.Errorf("%w (%w): make room and rerun the command; nothing is lost", ErrDiskFull, why)
}

// probe writes so many bytes to a file in a directory and removes it.
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
