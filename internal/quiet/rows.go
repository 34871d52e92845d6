package quiet

import "sync/atomic"

// RowWords is the number of words in a row.
const RowWords = 16

// Row is a row of [Rows].
type Row [RowWords]uint64

// Rows is a list of rows, each written once and read as a whole. Unlike a [Stack]
// it orders no goroutines, not even its reader after a write, so it can be read
// while the program runs. The zero value is empty. It holds up to [MaxRows].
type Rows struct {
	added  Counter
	blocks [MaxRows / blockRows]atomic.Pointer[[blockRows]slot]
}

// MaxRows is the number of rows that a list can hold.
const MaxRows = 1 << 18

// blockRows is the number of rows that are allocated together.
const blockRows = 1 << 7

type slot struct {
	ready atomic.Bool
	words [RowWords]atomic.Uint64
}

// Add adds a row. It drops the row if the list is full.
func (r *Rows) Add(row Row) {
	at := r.added.Add(1) - 1
	if at >= MaxRows {
		return
	}
	hide()
	defer show()
	block := &r.blocks[at/blockRows]
	if block.Load() == nil {
		block.CompareAndSwap(nil, new([blockRows]slot))
	}
	s := &block.Load()[at%blockRows]
	for i, word := range row {
		s.words[i].Store(word)
	}
	s.ready.Store(true)
}

// Get returns the row at an index, counted from 0, and false if it has not been
// added yet.
func (r *Rows) Get(at int) (row Row, ok bool) {
	if at >= MaxRows {
		return row, false
	}
	hide()
	defer show()
	block := r.blocks[at/blockRows].Load()
	if block == nil || !block[at%blockRows].ready.Load() {
		return row, false
	}
	for i := range row {
		row[i] = block[at%blockRows].words[i].Load()
	}
	return row, true
}
