package fastgob

import (
	"encoding"
	"encoding/gob"
	"math"
	"reflect"
	"slices"

	"raftlab/internal/gobwire"
)

// codec writes and reads the values of one type that is not a pointer, as gob
// does, to the byte. It knows one case only, that the receiver's type is the
// sender's; all else is gob's. Pointers are followed before a codec is called.
type codec struct {
	write func(w *writer, v reflect.Value) // zeros too
	omit  func(v reflect.Value) bool       // whether a field that holds v is left out
	read  func(r *reader, v reflect.Value) // v can be set
}

// compile returns the codec of a type, and false if it is left to gob: types
// that encode themselves, or that hold what gob leaves out.
func compile(t reflect.Type) (c *codec, ok bool) {
	ok = attempt(func() { c = compiler{}.codecOf(t) })
	return c, ok
}

// compiler has the codecs that are under way, so that a type can hold itself.
type compiler map[reflect.Type]*codec

func (all compiler) codecOf(t reflect.Type) *codec {
	base, ok := baseOf(t)
	if !ok {
		giveUp()
	}
	for p := t; ; p = p.Elem() {
		if EncodesItself(p) || decodesItself(p) {
			giveUp()
		}
		if p == base {
			break
		}
	}
	c, ok := all[base]
	if !ok {
		c = &codec{}
		all[base] = c
		all.fill(c, base)
	}
	return c
}

var (
	gobEncoder        = reflect.TypeFor[gob.GobEncoder]()
	binaryMarshaler   = reflect.TypeFor[encoding.BinaryMarshaler]()
	gobDecoder        = reflect.TypeFor[gob.GobDecoder]()
	binaryUnmarshaler = reflect.TypeFor[encoding.BinaryUnmarshaler]()
)

// EncodesItself reports whether gob leaves the encoding of t to a method of t. MarshalText
// is not such a method.
func EncodesItself(t reflect.Type) bool { return implements(t, gobEncoder, binaryMarshaler) }

// decodesItself reports whether gob leaves the decoding of t to a method of t.
func decodesItself(t reflect.Type) bool { return implements(t, gobDecoder, binaryUnmarshaler) }

// implements reports whether t or a pointer to it has the methods of one of interfaces.
func implements(t reflect.Type, interfaces ...reflect.Type) bool {
	return slices.ContainsFunc(interfaces, func(i reflect.Type) bool {
		return t.Implements(i) || reflect.PointerTo(t).Implements(i)
	})
}

func (all compiler) fill(c *codec, t reflect.Type) {
	switch t.Kind() {
	case reflect.Bool:
		c.omit = func(v reflect.Value) bool { return !v.Bool() }
		c.write = func(w *writer, v reflect.Value) {
			if v.Bool() {
				w.out = append(w.out, 1)
			} else {
				w.out = append(w.out, 0)
			}
		}
		c.read = func(r *reader, v reflect.Value) { v.SetBool(r.uint() != 0) }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		c.omit = func(v reflect.Value) bool { return v.Int() == 0 }
		c.write = func(w *writer, v reflect.Value) { w.out = gobwire.AppendInt(w.out, v.Int()) }
		c.read = func(r *reader, v reflect.Value) {
			x := gobwire.Int(r.uint())
			if v.OverflowInt(x) {
				giveUp()
			}
			v.SetInt(x)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		c.omit = func(v reflect.Value) bool { return v.Uint() == 0 }
		c.write = func(w *writer, v reflect.Value) { w.out = gobwire.AppendUint(w.out, v.Uint()) }
		c.read = func(r *reader, v reflect.Value) {
			x := r.uint()
			if v.OverflowUint(x) {
				giveUp()
			}
			v.SetUint(x)
		}
	case reflect.Float32, reflect.Float64:
		c.omit = func(v reflect.Value) bool { return v.Float() == 0 }
		c.write = func(w *writer, v reflect.Value) { w.out = gobwire.AppendFloat(w.out, v.Float()) }
		c.read = func(r *reader, v reflect.Value) { v.SetFloat(r.float(t.Kind() == reflect.Float32)) }
	case reflect.Complex64, reflect.Complex128:
		c.omit = func(v reflect.Value) bool { return v.Complex() == 0 }
		c.write = func(w *writer, v reflect.Value) {
			w.out = gobwire.AppendFloat(w.out, real(v.Complex()))
			w.out = gobwire.AppendFloat(w.out, imag(v.Complex()))
		}
		c.read = func(r *reader, v reflect.Value) {
			re := r.float(t.Kind() == reflect.Complex64)
			im := r.float(t.Kind() == reflect.Complex64)
			v.SetComplex(complex(re, im))
		}
	case reflect.String:
		c.omit = func(v reflect.Value) bool { return v.Len() == 0 }
		c.write = func(w *writer, v reflect.Value) {
			w.out = gobwire.AppendUint(w.out, uint64(v.Len()))
			w.out = append(w.out, v.String()...)
		}
		c.read = func(r *reader, v reflect.Value) { v.SetString(string(r.bytes())) }
	case reflect.Slice:
		c.omit = func(v reflect.Value) bool { return v.Len() == 0 }
		if t.Elem().Kind() == reflect.Uint8 {
			c.write = func(w *writer, v reflect.Value) {
				w.out = gobwire.AppendUint(w.out, uint64(v.Len()))
				w.out = append(w.out, v.Bytes()...)
			}
			c.read = readBytes
			return
		}
		elem := all.codecOf(t.Elem())
		c.write = func(w *writer, v reflect.Value) { elem.writeAll(w, v) }
		c.read = func(r *reader, v reflect.Value) {
			n := r.length()
			if v.Cap() < n {
				v.Set(reflect.MakeSlice(t, n, n))
			} else {
				v.SetLen(n)
			}
			elem.readAll(r, v)
		}
	case reflect.Array:
		elem := all.codecOf(t.Elem())
		c.omit = func(v reflect.Value) bool { return false }
		c.write = func(w *writer, v reflect.Value) { elem.writeAll(w, v) }
		c.read = func(r *reader, v reflect.Value) {
			if r.uint() != uint64(t.Len()) {
				giveUp()
			}
			elem.readAll(r, v)
		}
	case reflect.Map:
		all.fillMap(c, t)
	case reflect.Struct:
		all.fillStruct(c, t)
	case reflect.Interface:
		c.omit = func(v reflect.Value) bool { return v.IsNil() }
		c.write = writeInterface
		c.read = readInterface
	default:
		giveUp()
	}
}

// writeAll writes the elements of a slice or an array.
func (elem *codec) writeAll(w *writer, v reflect.Value) {
	w.out = gobwire.AppendUint(w.out, uint64(v.Len()))
	for i := range v.Len() {
		elem.writeAt(w, v.Index(i))
	}
}

// writeAt writes what v holds or, if it is a pointer, points to.
func (c *codec) writeAt(w *writer, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		if v = indirect(v); !v.IsValid() {
			giveUp() // only a field may be nil
		}
	}
	c.write(w, v)
}

// readAll reads the elements of a slice or an array that has its length.
func (elem *codec) readAll(r *reader, v reflect.Value) {
	for i := range v.Len() {
		if len(r.in) == 0 {
			giveUp()
		}
		elem.read(r, allocate(v.Index(i)))
	}
}

func readBytes(r *reader, v reflect.Value) {
	b := r.bytes()
	if v.Cap() < len(b) {
		v.Set(reflect.MakeSlice(v.Type(), len(b), len(b)))
	} else {
		v.SetLen(len(b))
	}
	copy(v.Bytes(), b)
}

func (all compiler) fillMap(c *codec, t reflect.Type) {
	key, elem := all.codecOf(t.Key()), all.codecOf(t.Elem())
	c.omit = func(v reflect.Value) bool { return v.IsNil() }
	c.write = func(w *writer, v reflect.Value) {
		w.out = gobwire.AppendUint(w.out, uint64(v.Len()))
		for it := v.MapRange(); it.Next(); {
			key.writeAt(w, it.Key())
			elem.writeAt(w, it.Value())
		}
	}
	c.read = func(r *reader, v reflect.Value) {
		n := r.length()
		if v.IsNil() {
			v.Set(reflect.MakeMapWithSize(t, n))
		}
		k, e := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		for range n {
			key.read(r, allocate(k))
			elem.read(r, allocate(e))
			v.SetMapIndex(k, e)
			k.SetZero()
			e.SetZero()
		}
	}
}

// field is a field of a struct that is sent.
type field struct {
	index int
	kind  reflect.Kind
	*codec
}

func (all compiler) fillStruct(c *codec, t reflect.Type) {
	var fields []field
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() {
			fields = append(fields, field{i, f.Type.Kind(), all.codecOf(f.Type)})
		}
	}
	c.omit = func(v reflect.Value) bool { return false }
	c.write = func(w *writer, v reflect.Value) {
		last := -1
		for n := range fields {
			f := &fields[n]
			at := v.Field(f.index)
			switch f.kind {
			case reflect.Int, reflect.Int64: // most fields, without two calls
				if x := at.Int(); x != 0 {
					w.out = gobwire.AppendInt(gobwire.AppendUint(w.out, uint64(n-last)), x)
					last = n
				}
				continue
			case reflect.Pointer:
				if at = indirect(at); !at.IsValid() {
					continue
				}
			}
			if !f.omit(at) {
				w.out = gobwire.AppendUint(w.out, uint64(n-last))
				last = n
				f.write(w, at)
			}
		}
		w.out = append(w.out, 0)
	}
	c.read = func(r *reader, v reflect.Value) {
		for last := -1; len(r.in) > 0; {
			step := r.uint()
			if step == 0 {
				return
			}
			if step >= uint64(len(fields)-last) {
				giveUp()
			}
			last += int(step)
			f := fields[last]
			f.read(r, allocate(v.Field(f.index)))
		}
	}
}

// writeInterface writes a name, the type if it is news, and the value with its
// length.
func writeInterface(w *writer, v reflect.Value) {
	if v.IsNil() {
		w.out = append(w.out, 0)
		return
	}
	held := v.Elem()
	if t := held.Type(); w.held == nil || w.holds != t {
		w.holds, w.held = t, w.types.nameOf(t) // often the same as last time
	}
	known := w.held
	if held = indirect(held); known == nil || !held.IsValid() {
		giveUp()
	}
	w.out = gobwire.AppendUint(w.out, uint64(len(known.name)))
	w.out = append(w.out, known.name...)
	w.describe(known.gobType)
	w.out = gobwire.AppendInt(w.out, known.id)
	outer := w.begin()
	w.value(known.gobType, held)
	w.end()
	w.start = outer
}

func readInterface(r *reader, v reflect.Value) {
	name := r.bytes()
	if len(name) == 0 {
		v.SetZero()
		return
	}
	known, held := r.held, r.spare // often the same as last time
	r.spare = reflect.Value{}
	if known == nil || known.name != string(name) {
		found, ok := r.types.byName.Load(string(name))
		if !ok {
			giveUp()
		}
		known = found.(*registered)
		held = reflect.Value{}
	}
	if !known.of.AssignableTo(v.Type()) || !r.announces(known.gobType, true) {
		giveUp()
	}
	r.uint() // the length, for those who skip the value
	if !held.IsValid() {
		held = reflect.New(known.of).Elem()
	}
	r.value(known.gobType, allocate(held))
	v.Set(held) // a copy
	held.SetZero()
	r.held, r.spare = known, held
}

// float reads a floating-point number, which must fit into 32 bits if it is to.
func (r *reader) float(small bool) float64 {
	f := gobwire.Float(r.uint())
	if size := math.Abs(f); small && size > math.MaxFloat32 && size <= math.MaxFloat64 {
		giveUp()
	}
	return f
}
