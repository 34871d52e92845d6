package class

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrNoRoom says that nothing more can be written.
var ErrNoRoom = errors.New("there is no room to go on")

// needed is what must be free where programs are run and where results are kept, in
// bytes: some hundred records, or the log of a run.
const needed = 1 << 20

// A program that fills the disk is stopped and its files are removed; so a full disk
// is looked at so many times, some time apart, before grading stops.
const (
	looks    = 5
	lookTime = time.Second
)

// roomLeft says if there is no room, after something failed that may have failed for
// that. The run is then not recorded and the grading stops: it is made when there is
// room again, as it would have been the first time.
func (g *grading) roomLeft() (err error) {
	for look := range looks {
		if look > 0 {
			time.Sleep(cmp.Or(g.lookTime, lookTime))
		}
		if err = errors.Join(probe(g.scratch), probe(g.Out)); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%w (%w): make room and give the same command again, nothing is lost", ErrNoRoom, err)
}

// probe writes a file to a directory and removes it.
func probe(dir string) error {
	f, err := os.CreateTemp(dir, ".room-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(make([]byte, needed))
	return errors.Join(err, f.Close())
}
