package quiet

import (
	"sync/atomic"
	"unsafe"
)

// Counter is a number that many goroutines add to. The zero value is 0.
type Counter struct{ n atomic.Int64 }

// Add adds delta and returns the sum.
func (c *Counter) Add(delta int64) int64 {
	hide()
	defer show()
	return c.n.Add(delta)
}

// Load returns the sum so far.
func (c *Counter) Load() int64 {
	hide()
	defer show()
	return c.n.Load()
}

// Word is a 64-bit word that many goroutines compare and swap.
type Word struct{ w atomic.Uint64 }

// Load returns the word.
func (w *Word) Load() uint64 {
	hide()
	defer show()
	return w.w.Load()
}

// CompareAndSwap replaces old by new and reports whether it did.
func (w *Word) CompareAndSwap(old, new uint64) bool {
	hide()
	defer show()
	return w.w.CompareAndSwap(old, new)
}

// Stack collects values from many goroutines. The zero value is empty.
type Stack[T any] struct{ head atomic.Pointer[node[T]] }

type node[T any] struct {
	value T
	next  atomic.Pointer[node[T]]
	depth atomic.Int64 // number of nodes below this one
}

// Push adds a value. Nothing that it refers to may be written afterwards.
func (s *Stack[T]) Push(value T) {
	n := &node[T]{value: value}
	release(unsafe.Pointer(s)) // before the node can be seen
	hide()
	defer show()
	for {
		head := s.head.Load()
		n.next.Store(head)
		if head != nil {
			n.depth.Store(head.depth.Load() + 1)
		}
		if s.head.CompareAndSwap(head, n) {
			return
		}
	}
}

// All returns the values in the order in which they were pushed.
func (s *Stack[T]) All() []T { return s.After(0) }

// After returns the values in the order in which they were pushed, without the first n.
func (s *Stack[T]) After(n int) []T {
	hide()
	head := s.head.Load()
	count := 0
	if head != nil {
		count = max(0, int(head.depth.Load())+1-n)
	}
	show()
	acquire(unsafe.Pointer(s))
	all := make([]T, count)
	for at := head; count > 0; {
		count--
		all[count] = at.value
		hide()
		at = at.next.Load()
		show()
	}
	return all
}

// Cell holds one value that is replaced as a whole.
type Cell[T any] struct{ p atomic.Pointer[T] }

// Load returns the value, nil if there is none yet.
func (c *Cell[T]) Load() *T {
	value := c.Peek()
	acquire(unsafe.Pointer(c))
	return value
}

// Peek returns the value for comparison only. It does not order the caller after
// the write, so the caller must not read what the value points to.
func (c *Cell[T]) Peek() *T {
	hide()
	defer show()
	return c.p.Load()
}

// CompareAndSwap replaces old by new and reports whether it did. Nothing that new
// points to may be written afterwards.
func (c *Cell[T]) CompareAndSwap(old, new *T) bool {
	release(unsafe.Pointer(c))
	hide()
	defer show()
	return c.p.CompareAndSwap(old, new)
}

// Words is a list of words, each written and read as a whole, that grows as needed.
// The zero value is empty. Indexes range from 0 to 65,535.
type Words struct {
	blocks [256]atomic.Pointer[[256]atomic.Uint64]
}

// Set sets the word at an index.
func (w *Words) Set(index int, value uint64) {
	hide()
	defer show()
	block := &w.blocks[index/256]
	if block.Load() == nil {
		block.CompareAndSwap(nil, new([256]atomic.Uint64))
	}
	block.Load()[index%256].Store(value)
}

// Get returns the word at an index, 0 if it was never set.
func (w *Words) Get(index int) uint64 {
	hide()
	defer show()
	if block := w.blocks[index/256].Load(); block != nil {
		return block[index%256].Load()
	}
	return 0
}
