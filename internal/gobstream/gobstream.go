// Package gobstream reads messages of encoding/gob without knowing their Go types: a
// message of gob describes its own. It is for messages of programs that nobody has
// read, so it takes any bytes: whatever they are, [Parse] returns a value or an error,
// within a bounded time and memory.
package gobstream

import (
	"errors"
	"fmt"
	"math"
	"math/bits"

	"raftlab/internal/gobwire"
)

// Kind is what a value is. Gob does not tell apart integers of several sizes.
type Kind uint8

const (
	Nothing   Kind = iota // an interface that holds nothing
	Bool                  // Num is 0 or 1
	Int                   // Num is an int64
	Uint                  // Num
	Float                 // Num are the bits of a float64
	Complex               // Num and Imag are those of its parts
	Bytes                 // Text
	String                // Text
	Opaque                // Text is what a type made that encodes itself
	List                  // of a slice or an array: Of are its elements
	Map                   // Of are its keys and their values, in turn
	Struct                // Of are those of its fields that are not zero
	Interface             // Of is what it holds, Text is the name of that one's type
)

// Value is a value of a message. Text is part of the message.
type Value struct {
	Kind      Kind
	Field     int // which one of its struct it is
	Num, Imag uint64
	Text      []byte
	Of        []Value
	of        *wireType // of a struct
}

// What a message may have. The largest of the lab's own have some thousand values.
const (
	maxValues = 1 << 19 // values, those within others included
	maxDepth  = 64      // of values within values
	maxTypes  = 256     // types that it describes
	maxFields = 256     // fields of one of these
	maxName   = 200     // bytes of a field's name
)

var (
	errShort   = errors.New("it ends too early")
	errNumber  = errors.New("a number is malformed")
	errValues  = fmt.Errorf("it holds more than %d values", maxValues)
	errDepth   = fmt.Errorf("its values are nested deeper than %d", maxDepth)
	errFields  = fmt.Errorf("it describes a type of more than %d fields", maxFields)
	errTypes   = fmt.Errorf("it describes more than %d types", maxTypes)
	errType    = errors.New("a value is of a type that it does not describe")
	errField   = errors.New("a struct has a field that its type does not have")
	errRemains = errors.New("something follows the value")
	errSingle  = errors.New("a value that is no struct does not stand alone")
	errTwice   = errors.New("it describes a type twice")
)

// Parse reads a message that holds one value and describes all of its types.
func Parse(message []byte) (Value, error) {
	r := &reader{rest: message, values: maxValues}
	if err := r.next(); err != nil {
		return Value{}, fmt.Errorf("gob message: %w", err)
	}
	v, err := r.message()
	if err == nil && len(r.in)+len(r.rest) > 0 {
		err = errRemains
	}
	if err != nil {
		return Value{}, fmt.Errorf("gob message: %w", err)
	}
	return v, nil
}

// Name returns the name of the field that a value is of a struct.
func (v Value) Name(field Value) string { return v.of.fields[field.Field].name }

// Get returns the field of a struct of that name, and whether it has one that is not
// zero.
func (v Value) Get(name string) (Value, bool) {
	for _, f := range v.Of {
		if v.Kind == Struct && v.Name(f) == name {
			return f, true
		}
	}
	return Value{}, false
}

// Number returns a number as an int64, a bool as 0 or 1, and otherwise the length.
func (v Value) Number() int64 {
	switch v.Kind {
	case Bool, Int, Uint:
		return int64(v.Num)
	case Map:
		return int64(len(v.Of) / 2)
	case List:
		return int64(len(v.Of))
	}
	return int64(len(v.Text))
}

// Float returns a floating-point number.
func (v Value) Float() float64 { return math.Float64frombits(v.Num) }

// reader reads the pieces of a message; see package labgob.
type reader struct {
	in     []byte // what is left of the present piece
	rest   []byte // what comes after it
	types  map[int64]*wireType
	values int // that may still come
}

// next goes on to the next piece.
func (r *reader) next() error {
	size, width := gobwire.ReadUint(r.rest)
	if width == 0 || size > uint64(len(r.rest)-width) || size == 0 {
		return errShort
	}
	r.in, r.rest = r.rest[width:width+int(size)], r.rest[width+int(size):]
	return nil
}

func (r *reader) uint() (uint64, error) {
	x, width := gobwire.ReadUint(r.in)
	if width == 0 {
		return 0, errNumber
	}
	r.in = r.in[width:]
	return x, nil
}

// bytes reads a length and so many bytes.
func (r *reader) bytes() ([]byte, error) {
	n, err := r.uint()
	if err != nil {
		return nil, err
	}
	if n > uint64(len(r.in)) {
		return nil, errShort
	}
	b := r.in[:n:n]
	r.in = r.in[n:]
	return b, nil
}

// announced reads descriptions of types, and the number of the type of the value that
// follows.
func (r *reader) announced(inside bool) (id int64, err error) {
	for {
		if len(r.in) == 0 {
			if err := r.next(); err != nil {
				return 0, err
			}
		}
		u, err := r.uint()
		if err != nil {
			return 0, err
		}
		if id = gobwire.Int(u); id >= 0 {
			return id, nil
		}
		if err := r.describe(-id); err != nil {
			return 0, err
		}
		if len(r.in) > 0 {
			if !inside {
				return 0, errRemains
			}
			if _, err := r.uint(); err != nil { // the length of the value, which is in this piece
				return 0, err
			}
		}
	}
}

// message reads the value of a message.
func (r *reader) message() (Value, error) {
	id, err := r.announced(false)
	if err != nil {
		return Value{}, err
	}
	return r.whole(id, 0)
}

// whole reads a value that stands by itself.
func (r *reader) whole(id int64, depth int) (Value, error) {
	if t := r.types[id]; t == nil || t.kind != Struct {
		if delta, err := r.uint(); err != nil || delta != 0 {
			return Value{}, errSingle
		}
	}
	return r.value(id, depth)
}

// value reads a value of a type.
func (r *reader) value(id int64, depth int) (v Value, err error) {
	if r.values--; r.values < 0 {
		return v, errValues
	}
	if depth > maxDepth {
		return v, errDepth
	}
	t := r.types[id]
	if id >= 0 && id < int64(len(basics)) {
		t = basics[id]
	}
	if t == nil {
		return v, errType
	}
	v.Kind = t.kind
	switch t.kind {
	case Bool, Uint:
		v.Num, err = r.uint()
		if t.kind == Bool && v.Num > 1 {
			err = errNumber
		}
	case Int:
		v.Num, err = r.uint()
		v.Num = uint64(gobwire.Int(v.Num))
	case Float:
		v.Num, err = r.float()
	case Complex:
		if v.Num, err = r.float(); err == nil {
			v.Imag, err = r.float()
		}
	case Bytes, String, Opaque:
		v.Text, err = r.bytes()
	case List:
		v.Of, err = r.many(1, depth, t.elem, t.elem)
	case Map:
		v.Of, err = r.many(2, depth, t.key, t.elem)
	case Struct:
		v.of = t
		v.Of, err = r.fields(t, depth)
	case Interface:
		return r.held(depth)
	}
	return v, err
}

func (r *reader) float() (uint64, error) {
	x, err := r.uint()
	return bits.ReverseBytes64(x), err
}

// many reads a count and so many elements, or keys and values.
func (r *reader) many(each, depth int, first, second int64) (all []Value, err error) {
	n, err := r.uint()
	if err != nil {
		return nil, err
	}
	if n > uint64(r.values) || n > uint64(len(r.in)+len(r.rest)) { // none takes less than a byte
		return nil, errShort
	}
	all = make([]Value, 0, min(int(n)*each, 1024))
	for range n {
		v, err := r.value(first, depth+1)
		if err != nil {
			return nil, err
		}
		if all = append(all, v); each == 1 {
			continue
		}
		if v, err = r.value(second, depth+1); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// fields reads those fields of a struct that are not zero.
func (r *reader) fields(t *wireType, depth int) (all []Value, err error) {
	for last := -1; ; {
		step, err := r.uint()
		switch {
		case err != nil:
			return nil, err
		case step == 0:
			return all, nil
		case step > uint64(len(t.fields)-1-last):
			return nil, errField
		}
		last += int(step)
		v, err := r.value(t.fields[last].of, depth+1)
		if err != nil {
			return nil, err
		}
		v.Field = last
		if all == nil {
			all = make([]Value, 0, min(len(t.fields)-last, 16))
		}
		all = append(all, v)
	}
}

// held reads what an interface holds.
func (r *reader) held(depth int) (v Value, err error) {
	name, err := r.bytes()
	if err != nil || len(name) == 0 {
		return v, err
	}
	id, err := r.announced(true)
	if err != nil {
		return v, err
	}
	if _, err = r.uint(); err != nil { // the length, for those who skip the value
		return v, err
	}
	inner, err := r.whole(id, depth+1)
	return Value{Kind: Interface, Text: name, Of: []Value{inner}}, err
}
