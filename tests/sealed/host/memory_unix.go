//go:build unix

package host

import (
	"os"
	"runtime"
	"unsafe"

	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// image is the first content of the memory of instances, in a file that they map: what an
// instance does not write to is there once.
type image struct {
	file *os.File
	size int // whole pages
}

// newImage makes the image of a module.
func newImage(content []byte) (*image, error) {
	file, err := imageFile()
	if err != nil {
		return nil, err
	}
	page := os.Getpagesize()
	size := (len(content) + page - 1) / page * page
	if _, err := file.Write(content); err != nil {
		return nil, err
	}
	return &image{file, size}, file.Truncate(int64(size))
}

// close gives it back.
func (im *image) close() { im.file.Close() }

// allocate maps the memory of an instance. All that it may have is mapped at once, so
// that nothing is copied when it grows, and what it does not touch is not had.
func (im *image) allocate(_, limit uint64) experimental.LinearMemory {
	all, err := unix.Mmap(-1, 0, int(limit), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return &memory{} // so that the instance cannot be started
	}
	if im.size > 0 {
		at := unsafe.Pointer(&all[0])
		if _, err := unix.MmapPtr(int(im.file.Fd()), 0, at, uintptr(im.size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED); err != nil {
			unix.Munmap(all)
			return &memory{}
		}
	}
	runtime.KeepAlive(im)
	return &memory{all}
}

// memory is that of an instance.
type memory struct{ all []byte }

// Reallocate returns nil if there is not so much.
func (m *memory) Reallocate(size uint64) []byte {
	if size > uint64(len(m.all)) {
		return nil
	}
	return m.all[:size:len(m.all)]
}

// Free gives it back.
func (m *memory) Free() {
	if m.all != nil {
		unix.Munmap(m.all)
		m.all = nil
	}
}
