package labgob

import (
	"bytes"
	"reflect"
	"sync"

	"raftlab/internal/quiet"
)

// A message of gob that can be decoded alone begins with a description of its
// types, and most of the cost of a small one is to write the description and to
// work out how to read it. Both are the same for all messages of a type. So
// encoders that have written it, and decoders that have read it, are kept:
// what an encoder writes then is put behind the description of old, and what a
// decoder is given then is what comes behind it. The bytes are those of gob.
//
// Not so under the race detector: to hand a kept encoder from one goroutine to
// another would order the two, and hide races of the program.

// Marshal encodes v as one self-contained message: it can be decoded alone.
func Marshal(v any) ([]byte, error) {
	value := reflect.Indirect(reflect.ValueOf(v))
	if quiet.RaceDetector || !value.IsValid() || holdsInterface(value) {
		return marshalAlone(v)
	}
	return encodersOf(value.Type()).marshal(v)
}

// marshalAlone encodes with an encoder of its own.
func marshalAlone(v any) ([]byte, error) {
	var w bytes.Buffer
	err := NewEncoder(&w).Encode(v)
	return w.Bytes(), err
}

// Unmarshal decodes a message of Marshal into what v points to.
func Unmarshal(message []byte, v any) error {
	if description, _, ok := split(message); ok && !quiet.RaceDetector && description > 0 {
		if d := decodersOf(string(message[:description])); d != nil {
			return d.unmarshal(message, description, v)
		}
	}
	return unmarshalAlone(message, v)
}

func unmarshalAlone(message []byte, v any) error {
	return NewDecoder(bytes.NewReader(message)).Decode(v)
}

// encoders are those that have described one type. Values that hold something
// in an interface are not for them: its type would have to be described too.
type encoders struct {
	once        sync.Once
	description []byte
	free        sync.Pool // of *encoder
}

type encoder struct {
	out bytes.Buffer
	*Encoder
}

// allEncoders has the encoders of each type. A hit only loads.
var allEncoders sync.Map // reflect.Type → *encoders

func encodersOf(t reflect.Type) *encoders {
	found, ok := allEncoders.Load(t)
	if !ok {
		found, _ = allEncoders.LoadOrStore(t, &encoders{})
	}
	return found.(*encoders)
}

func (es *encoders) marshal(v any) ([]byte, error) {
	if e, ok := es.free.Get().(*encoder); ok {
		e.out.Reset()
		if err := e.Encode(v); err != nil {
			return nil, err
		}
		message := append(es.description[:len(es.description):len(es.description)], e.out.Bytes()...)
		es.free.Put(e)
		return message, nil
	}
	e := &encoder{}
	e.Encoder = NewEncoder(&e.out)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	message := bytes.Clone(e.out.Bytes())
	description, last, ok := split(message)
	if !ok || !last {
		return message, nil
	}
	es.once.Do(func() { es.description = bytes.Clone(message[:description]) })
	es.free.Put(e)
	return message, nil
}

// decoders are those that have read one description.
type decoders struct{ free sync.Pool } // of *decoder

type decoder struct {
	in bytes.Reader
	*Decoder
}

// maxDescriptions bounds how many descriptions have decoders of their own.
// Programs send a dozen.
const maxDescriptions = 256

// allDecoders has the decoders of each description.
var (
	allDecoders  sync.Map // string → *decoders
	descriptions quiet.Counter
)

func decodersOf(description string) *decoders {
	found, ok := allDecoders.Load(description)
	if !ok {
		if descriptions.Add(1) > maxDescriptions {
			return nil
		}
		found, _ = allDecoders.LoadOrStore(description, &decoders{})
	}
	return found.(*decoders)
}

func (ds *decoders) unmarshal(message []byte, description int, v any) error {
	d, ok := ds.free.Get().(*decoder)
	if ok {
		d.in.Reset(message[description:])
	} else {
		d = &decoder{}
		d.in.Reset(message)
		d.Decoder = NewDecoder(&d.in)
	}
	err := d.Decode(v)
	if err == nil && d.in.Len() == 0 {
		ds.free.Put(d)
	}
	if err != nil && ok {
		// What a value within an interface holds in an interface of its own
		// describes its type in place, where a kept decoder that knows the type
		// already refuses it. A fresh one says what there is to say.
		return unmarshalAlone(message, v)
	}
	return err
}

// split returns how many bytes of a message are description: gob writes it as
// pieces of their own, which begin with the negative number of a type. last
// tells whether the value is a single piece after that.
func split(message []byte) (description int, last, ok bool) {
	for at := 0; at < len(message); {
		size, width := number(message[at:])
		if width == 0 || size == 0 || size > uint64(len(message)-at-width) {
			return 0, false, false
		}
		id, _ := number(message[at+width:])
		next := at + width + int(size)
		if isDescription := id&1 == 1; !isDescription {
			return at, next == len(message), true
		}
		at = next
	}
	return 0, false, false
}

// number reads an unsigned number of gob and returns how many bytes it has, 0
// if there is none: one byte below 128, or the negated count of bytes and then
// those, the highest first. A signed number has its sign in the lowest bit.
func number(b []byte) (n uint64, width int) {
	if len(b) == 0 {
		return 0, 0
	}
	if b[0] < 128 {
		return uint64(b[0]), 1
	}
	count := 256 - int(b[0])
	if count > 8 || len(b) < 1+count {
		return 0, 0
	}
	for _, x := range b[1 : 1+count] {
		n = n<<8 | uint64(x)
	}
	return n, 1 + count
}

// mayHold remembers which types can hold something in an interface.
var mayHold sync.Map // reflect.Type → bool

// holdsInterface tells whether a value holds something in an interface.
func holdsInterface(v reflect.Value) bool {
	if !canHold(v.Type()) {
		return false
	}
	switch v.Kind() {
	case reflect.Interface:
		return !v.IsNil()
	case reflect.Pointer:
		return !v.IsNil() && holdsInterface(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && holdsInterface(v.Field(i)) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if holdsInterface(v.Index(i)) {
				return true
			}
		}
	case reflect.Map:
		return v.Len() > 0
	}
	return false
}

func canHold(t reflect.Type) bool {
	found, ok := mayHold.Load(t)
	if !ok {
		found, _ = mayHold.LoadOrStore(t, hasInterface(t, map[reflect.Type]bool{}))
	}
	return found.(bool)
}

// hasInterface tells whether there is an interface within a type. A type that
// encodes itself may do as it likes, and counts as one.
func hasInterface(t reflect.Type, seen map[reflect.Type]bool) bool {
	if encodesItself(t) || t.Kind() == reflect.Interface {
		return true
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if hasInterface(t.Field(i).Type, seen) {
				return true
			}
		}
	case reflect.Map:
		return hasInterface(t.Key(), seen) || hasInterface(t.Elem(), seen)
	case reflect.Slice, reflect.Array, reflect.Pointer:
		return hasInterface(t.Elem(), seen)
	}
	return false
}
