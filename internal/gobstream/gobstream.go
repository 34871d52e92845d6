// Package gobstream reads messages of encoding/gob without knowing their Go types,
// because a gob message describes its own types. It is for messages of untrusted
// programs: for any bytes, [Parse] returns a value or an error within bounded time and
// memory.
package gobstream

import (
	"errors"
	"fmt"
	"math"
	"math/bits"

	"raftlab/internal/gobwire"
)

// Kind is the kind of a value. Gob does not distinguish the sizes of integers.
type Kind uint8

// The kinds of values, and the fields of [Value] that hold them.
const (
	Nothing   Kind = iota // an interface that holds nothing
	Bool                  // Num is 0 or 1
	Int                   // Num is an int64
	Uint                  // Num
	Float                 // Num holds the bits of a float64
	Complex               // Num and Imag hold the bits of the two parts
	Bytes                 // Text
	String                // Text
	Opaque                // Text is the encoding of a type that encodes itself
	List                  // a slice or an array; Of holds its elements
	Map                   // Of holds keys and values, alternating
	Struct                // Of holds the fields that are not zero
	Interface             // Of holds the value in it, Text the name of that value's type
)

// Value is a value in a message. Text aliases the message.
type Value struct {
	Kind      Kind
	Field     int // its index among the fields of its struct
	Num, Imag uint64
	Text      []byte
	Of        []Value
	of        *wireType // the type, for a struct
}

// Limits of a message. The lab's own largest messages have some thousand values.
const (
	maxValues = 1 << 19 // values, nested ones included
	maxDepth  = 64      // levels of nesting
	maxTypes  = 256     // types that it describes
	maxFields = 256     // fields of one type
	maxName   = 200     // bytes of a field's name
)

var (
	errShort   = errors.New("it is cut short")
	errNumber  = errors.New("a number is malformed")
	errValues  = fmt.Errorf("it holds more than %d values", maxValues)
	errDepth   = fmt.Errorf("its values are nested deeper than %d", maxDepth)
	errFields  = fmt.Errorf("it describes a type with more than %d fields", maxFields)
	errTypes   = fmt.Errorf("it describes more than %d types", maxTypes)
	errType    = errors.New("a value has a type that the message does not describe")
	errField   = errors.New("a struct has a field that its type does not have")
	errRemains = errors.New("there are bytes after the value")
	errSingle  = errors.New("the mark before a value that is not a struct is missing")
	errTwice   = errors.New("it describes a type twice")
)

// Parse parses a message that holds one value and describes all types in it.
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

// Name returns the name of a field of the struct v.
func (v Value) Name(field Value) string { return v.of.fields[field.Field].name }

// Get returns the field of a struct with that name, and whether the message has it. Gob
// leaves out fields that are zero.
func (v Value) Get(name string) (Value, bool) {
	for _, f := range v.Of {
		if v.Kind == Struct && v.Name(f) == name {
			return f, true
		}
	}
	return Value{}, false
}

// Number returns a number as an int64, a bool as 0 or 1, and the length of anything else.
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

// Float returns the value of a Float.
func (v Value) Float() float64 { return math.Float64frombits(v.Num) }

// reader reads the pieces of a message; see package labgob.
type reader struct {
	in     []byte // the rest of the current piece
	rest   []byte // the pieces after it
	types  map[int64]*wireType
	values int // number of values that may still come
}

// next advances to the next piece.
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

// bytes reads a length and that many bytes.
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

// announced reads the descriptions of types before a value, and returns the number of the
// value's type.
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

// whole reads a value that is not part of another one.
func (r *reader) whole(id int64, depth int) (Value, error) {
	if t := r.types[id]; t == nil || t.kind != Struct {
		if delta, err := r.uint(); err != nil || delta != 0 {
			return Value{}, errSingle
		}
	}
	return r.value(id, depth)
}

// value reads a value of the given type.
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

// many reads a count and that many elements, or pairs of key and value.
func (r *reader) many(each, depth int, first, second int64) (all []Value, err error) {
	n, err := r.uint()
	if err != nil {
		return nil, err
	}
	if n > uint64(r.values) || n > uint64(len(r.in)+len(r.rest)) { // each takes at least a byte
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

// fields reads the fields of a struct that are not zero.
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

// held reads the value in an interface.
func (r *reader) held(depth int) (v Value, err error) {
	name, err := r.bytes()
	if err != nil || len(name) == 0 {
		return v, err
	}
	id, err := r.announced(true)
	if err != nil {
		return v, err
	}
	if _, err = r.uint(); err != nil { // the length, which lets a reader skip the value
		return v, err
	}
	inner, err := r.whole(id, depth+1)
	return Value{Kind: Interface, Text: name, Of: []Value{inner}}, err
}
