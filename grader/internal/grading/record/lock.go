package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// ErrBusy says that another grader has the lock.
var ErrBusy = errors.New("another grader is at work")

// Lock keeps a second grader out of a results folder for as long as this one
// lives: the system gives it back when the process ends, however it ends.
func Lock(folder string) (unlock func() error, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(folder, "lock"))
	mine, err := lock.TryLock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s cannot be locked: %w", folder, err)
	case !mine:
		return nil, fmt.Errorf("%w in %s: wait until it is done, or give another folder with --out", ErrBusy, folder)
	}
	return lock.Unlock, nil
}
