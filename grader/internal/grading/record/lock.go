package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// ErrBusy means that another grader holds the lock.
var ErrBusy = errors.New("another grader is at work")

// Lock locks a results folder against other graders. The system releases the lock when the
// process ends, in whatever way.
func Lock(folder string) (unlock func() error, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(folder, "lock"))
	mine, err := lock.TryLock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot lock %s: %w", folder, err)
	case !mine:
		return nil, fmt.Errorf("%w in %s; wait until it is done, or give another folder with --out", ErrBusy, folder)
	}
	return lock.Unlock, nil
}
