//go:build unix

package wasm

import (
	"context"

	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// withMemory has programs get their memory from here: wazero's own copies all of it when
// it grows, which took a quarter of a run's processor time.
func withMemory(ctx context.Context) context.Context {
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(allocate))
}

// mapped is memory that a program can grow into: all that it may have is mapped at
// once, so that nothing is copied when it grows, and what it does not touch is not had.
type mapped struct{ all []byte }

// allocate maps memory.
func allocate(_, limit uint64) experimental.LinearMemory {
	all, err := unix.Mmap(-1, 0, int(limit), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return &mapped{} // so that it cannot grow, and the program cannot be started
	}
	return &mapped{all}
}

// Reallocate returns nil if there is not so much.
func (m *mapped) Reallocate(size uint64) []byte {
	if size > uint64(len(m.all)) {
		return nil
	}
	return m.all[:size:len(m.all)]
}

// Free gives it back.
func (m *mapped) Free() { unix.Munmap(m.all) }
