package quiet

import "sync/atomic"

// RowWords is how many words a row has.
const RowWords = 16

// Row is what Rows holds.
type Row [RowWords]uint64

// Rows is a list of rows that grows, each written once and read whole. Unlike a
// [Stack] it orders nobody, its reader included, so it can be read while the
// program runs. The zero value has none. It takes up to [MaxRows].
type Rows struct {
	taken  Counter
	blocks [MaxRows / blockRows]atomic.Pointer[[blockRows]slot]
}

// MaxRows is how many rows a list takes.
const MaxRows = 1 << 18

const blockRows = 1 << 7 // rows that are allocated together

type slot struct {
	ready atomic.Bool
	words [RowWords]atomic.Uint64
}

// Add adds a row. What comes when the list is full is dropped.
func (r *Rows) Add(row Row) {
	at := r.taken.Add(1) - 1
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

// Get returns the row at a place, counted from 0, and false if it is not there
// yet.
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
