//go:build !unix

package host

import "github.com/tetratelabs/wazero/experimental"

// image is the initial memory of instances, which is copied into each.
type image struct{ content []byte }

func newImage(content []byte) (*image, error) { return &image{content}, nil }

func (im *image) close() {}

// allocate returns the memory of an instance.
func (im *image) allocate(_, limit uint64) experimental.LinearMemory {
	return &memory{append([]byte(nil), im.content...), limit}
}

type memory struct {
	all   []byte
	limit uint64
}

// Reallocate returns nil if size exceeds the limit.
func (m *memory) Reallocate(size uint64) []byte {
	if size > m.limit {
		return nil
	}
	if size > uint64(len(m.all)) {
		m.all = append(m.all, make([]byte, size-uint64(len(m.all)))...)
	}
	return m.all[:size]
}

// Free releases the memory.
func (m *memory) Free() { m.all = nil }
