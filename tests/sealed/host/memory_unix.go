//go:build unix

package host

import (
	"os"
	"runtime"
	"unsafe"

	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// image is the initial memory of instances, in a file that they map. Instances share the
// pages that they do not write to.
type image struct {
	file *os.File
	size int // in bytes, a multiple of the page size
}

// newImage returns an image with the given content.
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

// close releases the file.
func (im *image) close() { im.file.Close() }

// allocate maps the memory of an instance up to its limit, so that nothing is copied when
// the memory grows. Pages that the instance does not touch take no memory.
func (im *image) allocate(_, limit uint64) experimental.LinearMemory {
	all, err := unix.Mmap(-1, 0, int(limit), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return &memory{} // without memory the instance cannot start
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

// memory is the memory of an instance.
type memory struct{ all []byte }

// Reallocate returns nil if size exceeds the limit.
func (m *memory) Reallocate(size uint64) []byte {
	if size > uint64(len(m.all)) {
		return nil
	}
	return m.all[:size:len(m.all)]
}

// Free releases the memory.
func (m *memory) Free() {
	if m.all != nil {
		unix.Munmap(m.all)
		m.all = nil
	}
}
