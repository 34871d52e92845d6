package host

import (
	"os"

	"golang.org/x/sys/unix"
)

// imageFile returns a file in memory.
func imageFile() (*os.File, error) {
	fd, err := unix.MemfdCreate("image", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	return os.NewFile(uintptr(fd), "image"), nil
}
