//go:build unix

package wasm

import (
	"context"

	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// withMemory provides the memory of programs. Wazero's own memory is copied when it grows,
// which took a quarter of a run's processor time.
func withMemory(ctx context.Context) context.Context {
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(allocate))
}

// mapped is memory that a program can grow into. Its maximum size is mapped at once, so
// that growing copies nothing. Untouched pages use no memory.
type mapped struct{ all []byte }

// allocate maps memory.
func allocate(_, limit uint64) experimental.LinearMemory {
	all, err := unix.Mmap(-1, 0, int(limit), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return &mapped{} // it cannot grow, so the program cannot start
	}
	return &mapped{all}
}

// Reallocate returns nil if size exceeds the maximum.
func (m *mapped) Reallocate(size uint64) []byte {
	if size > uint64(len(m.all)) {
		return nil
	}
	return m.all[:size:len(m.all)]
}

// Free unmaps the memory.
func (m *mapped) Free() { unix.Munmap(m.all) }
