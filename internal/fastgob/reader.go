package fastgob

import (
	"bytes"
	"reflect"
	"slices"

	"raftlab/internal/gobwire"
)

// reader reads a stream of pieces; see writer.
type reader struct {
	types *Types
	in    []byte  // what is left of the present piece
	rest  []byte  // what comes after it, if there is no source
	from  *source // where what comes after it is from, or nil
	known []int64 // numbers of the types that were described
	room  [8]int64
	held  *registered   // what the latest interface held
	spare reflect.Value // a zero of its type, to read the next into
}

// decode reads one value of the stream. It returns false if gob should, as for every type
// that it has no codec of.
func (r *reader) decode(g *gobType, v reflect.Value) bool {
	if g == nil {
		return false
	}
	if r.known == nil {
		r.known = r.room[:0]
		if r.from == nil && bytes.HasPrefix(r.rest, g.prefix) {
			r.known, r.rest = append(r.known, g.ids...), r.rest[len(g.prefix):]
		}
	}
	r.in = nil
	return attempt(func() {
		if !r.announces(g, false) {
			giveUp()
		}
		r.value(g, allocate(v))
	})
}

// next goes on to the next piece.
func (r *reader) next() bool {
	if r.from != nil {
		r.in = r.from.piece()
	} else {
		r.in, r.rest = pieceOf(r.rest)
	}
	return len(r.in) > 0
}

func (r *reader) uint() uint64 {
	x, width := gobwire.ReadUint(r.in)
	if width == 0 {
		giveUp()
	}
	r.in = r.in[width:]
	return x
}

// bytes reads a length and so many bytes, which are the reader's own.
func (r *reader) bytes() []byte {
	n := r.uint()
	if n > uint64(len(r.in)) {
		giveUp()
	}
	b := r.in[:n]
	r.in = r.in[n:]
	return b
}

// length reads how many elements follow. None takes less than a byte.
func (r *reader) length() int {
	n := r.uint()
	if left := uint64(len(r.in)); n > left && (r.from != nil || n > left+uint64(len(r.rest))) {
		giveUp()
	}
	return int(n)
}

// announces reads descriptions of types, and the number of the type of the value
// that follows. It reports whether that is the type which is expected.
func (r *reader) announces(g *gobType, inside bool) bool {
	for {
		if len(r.in) == 0 && !r.next() {
			return false
		}
		u, width := gobwire.ReadUint(r.in)
		id := gobwire.Int(u)
		if width == 0 {
			return false
		}
		if id >= 0 {
			r.in = r.in[width:]
			return id == g.id && g.codec != nil && r.knows(g)
		}
		body, ok := r.types.descriptions.Load(-id)
		if !ok || slices.Contains(r.known, -id) || !bytes.HasPrefix(r.in, body.([]byte)) {
			return false
		}
		r.known = append(r.known, -id)
		if r.in = r.in[len(body.([]byte)):]; len(r.in) > 0 {
			if !inside {
				return false
			}
			r.uint() // the length of the value, which is in this piece
		}
	}
}

func (r *reader) knows(g *gobType) bool {
	for _, id := range g.ids {
		if !slices.Contains(r.known, id) {
			return false
		}
	}
	return true
}

// value reads a value by itself.
func (r *reader) value(g *gobType, v reflect.Value) {
	if v.Kind() != reflect.Struct && r.uint() != 0 {
		giveUp()
	}
	g.codec.read(r, v)
}

// pieceOf returns the first piece of a stream and the rest, nil if there is no
// whole piece.
func pieceOf(stream []byte) (piece, rest []byte) {
	size, width := gobwire.ReadUint(stream)
	if width == 0 || size > uint64(len(stream)-width) {
		return nil, nil
	}
	end := width + int(size)
	return stream[width:end], stream[end:]
}
