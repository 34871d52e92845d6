package fastgob

import (
	"reflect"
	"slices"

	"raftlab/internal/gobwire"
)

// writer writes a stream as gob would. A stream is a row of pieces, each with
// its length before it: descriptions of types, and values. Where a value holds a
// type in an interface that has not been described yet, the piece ends with the
// description, and the value goes on in another. What an interface holds is in
// pieces likewise, within.
type writer struct {
	types *Types
	out   []byte
	start int          // where the piece under way begins, with a byte for its length
	known []int64      // numbers of the types that were described
	told  []*gobType   // on whose behalf
	holds reflect.Type // of what the latest interface held
	held  *registered
	room  struct { // for both, as long as they are short
		known [8]int64
		told  [4]*gobType
	}
}

// begin begins a piece and returns where the one around it began.
func (w *writer) begin() (outer int) {
	outer, w.start = w.start, len(w.out)
	w.out = append(w.out, 0)
	return outer
}

// end writes the length of the piece.
func (w *writer) end() {
	size := len(w.out) - w.start - 1
	if size < 128 {
		w.out[w.start] = byte(size)
		return
	}
	var room [9]byte
	length := gobwire.AppendUint(room[:0], uint64(size))
	w.out = append(w.out, length[1:]...)
	copy(w.out[w.start+len(length):], w.out[w.start+1:])
	copy(w.out[w.start:], length)
}

// encode writes one value of the stream.
func (w *writer) encode(g *gobType, v reflect.Value) {
	if len(w.known) == 0 && len(g.ids) > 0 {
		w.out = append(w.out, g.prefix...)
		w.know(g, g.ids...)
	}
	w.begin()
	w.describe(g)
	w.out = gobwire.AppendInt(w.out, g.id)
	w.value(g, v)
	w.end()
}

// describe describes a type and those it is made of, but for those that have
// been described.
func (w *writer) describe(g *gobType) {
	for _, d := range g.pieces {
		if !slices.Contains(w.known, d.id) {
			w.know(g, d.id)
			w.out = append(w.out, d.body...)
			w.end()
			w.begin()
		}
	}
}

// know records that types were described on behalf of one.
func (w *writer) know(g *gobType, ids ...int64) {
	if w.known == nil {
		w.known, w.told = w.room.known[:0], w.room.told[:0]
	}
	w.known = append(w.known, ids...)
	if !slices.Contains(w.told, g) {
		w.told = append(w.told, g)
	}
}

// value writes a value by itself: any but a struct is a field without a number.
func (w *writer) value(g *gobType, v reflect.Value) {
	if v.Kind() != reflect.Struct {
		w.out = append(w.out, 0)
	}
	g.codec.write(w, v)
}
