// Package plain keeps and prints the values of other people's types as they
// are: it calls no method of theirs (String, MarshalJSON and the like), which
// could lock, panic, or lie. [Keep] is for the moment at which a value is seen,
// [AppendJSON] for the one at which it is written.
package plain

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"sync"
	"unicode/utf8"
)

const (
	// MaxElements is how many elements of a slice are kept, the last ones.
	MaxElements = 128
	// MaxText is how many bytes of a string are printed.
	MaxText = 200
	// MaxDepth bounds what is printed of values within values.
	MaxDepth = 6
)

// JSON is a value that was printed when it was seen, since it could change.
type JSON string

// Later is a value that prints itself when it is written. It must not change.
type Later func(b []byte) []byte

// class says how a type can be kept.
type class uint8

const (
	changing class = iota // may change behind a pointer: printed at once
	fixed                 // never changes: numbers, strings, structs and arrays of them
	mixed                 // fixed but for interfaces, which may hold anything
)

// classes remembers the class of a type. A hit only loads.
var classes sync.Map // reflect.Type → class

func classOf(t reflect.Type) class {
	if c, ok := classes.Load(t); ok {
		return c.(class)
	}
	c := classify(t)
	classes.Store(t, c)
	return c
}

func classify(t reflect.Type) class {
	switch k := t.Kind(); {
	case k >= reflect.Bool && k <= reflect.Complex128 || k == reflect.String:
		return fixed
	case k == reflect.Interface:
		return mixed
	case k == reflect.Array:
		return classOf(t.Elem())
	case k == reflect.Struct:
		least := fixed
		for i := range t.NumField() {
			switch classOf(t.Field(i).Type) {
			case changing:
				return changing
			case mixed:
				least = mixed
			}
		}
		return least
	}
	return changing
}

// Keep returns what AppendJSON can print later as v is now. It copies what
// could change: of a slice the last [MaxElements]. It must be called where v
// may be read.
func Keep(v any) any {
	if v == nil {
		return nil
	}
	r := reflect.ValueOf(v)
	if settled(r) {
		return v
	}
	if r.Kind() == reflect.Slice && r.Type().Elem().Kind() != reflect.Uint8 {
		from := max(0, r.Len()-MaxElements)
		r = r.Slice(from, r.Len())
		if elementsSettled(r) {
			kept := reflect.MakeSlice(r.Type(), r.Len(), r.Len())
			reflect.Copy(kept, r)
			return kept.Interface()
		}
	}
	return JSON(appendValue(nil, r, MaxDepth))
}

// settled tells whether a value never changes.
func settled(v reflect.Value) bool {
	switch classOf(v.Type()) {
	case fixed:
		return true
	case changing:
		return false
	}
	switch v.Kind() {
	case reflect.Interface:
		return v.IsNil() || settled(v.Elem())
	case reflect.Array:
		return elementsSettled(v)
	}
	for i := range v.NumField() {
		if !settled(v.Field(i)) {
			return false
		}
	}
	return true
}

func elementsSettled(v reflect.Value) bool {
	switch classOf(v.Type().Elem()) {
	case fixed:
		return true
	case changing:
		return false
	}
	for i := range v.Len() {
		if !settled(v.Index(i)) {
			return false
		}
	}
	return true
}

// AppendJSON appends a value that was kept as JSON. Structs are objects of
// their exported fields, bytes are their number, and long strings are cut.
func AppendJSON(b []byte, v any) []byte {
	switch v := v.(type) { // the usual ones, without reflection
	case nil:
		return append(b, "null"...)
	case JSON:
		return append(b, v...)
	case Later:
		return v(b)
	case string:
		return AppendString(b, shorten(v))
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	}
	return appendValue(b, reflect.ValueOf(v), MaxDepth)
}

func appendValue(b []byte, v reflect.Value, depth int) []byte {
	switch {
	case !v.IsValid():
		return append(b, "null"...)
	case v.CanInt():
		return strconv.AppendInt(b, v.Int(), 10)
	case v.CanUint():
		return strconv.AppendUint(b, v.Uint(), 10)
	case v.CanFloat() && !math.IsInf(v.Float(), 0) && !math.IsNaN(v.Float()):
		return strconv.AppendFloat(b, v.Float(), 'g', -1, 64)
	}
	switch v.Kind() {
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case reflect.String:
		return AppendString(b, shorten(v.String()))
	case reflect.Float32, reflect.Float64:
		return AppendString(b, strconv.FormatFloat(v.Float(), 'g', -1, 64))
	}
	if depth == 0 {
		return AppendString(b, v.Type().String())
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return append(b, "null"...)
		}
		return appendValue(b, v.Elem(), depth-1)
	case reflect.Struct:
		return appendStruct(b, v, depth)
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return AppendString(b, fmt.Sprintf("%d bytes", v.Len()))
		}
		b = append(b, '[')
		for i := range min(v.Len(), MaxElements) {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, v.Index(i), depth-1)
		}
		return append(b, ']')
	case reflect.Map:
		return AppendString(b, fmt.Sprintf("%s of %d", v.Type(), v.Len()))
	}
	return AppendString(b, v.Type().String())
}

func appendStruct(b []byte, v reflect.Value, depth int) []byte {
	b = append(b, '{')
	some := false
	for _, f := range Fields(v.Type()) {
		value, err := v.FieldByIndexErr(f.Index)
		if err != nil {
			continue // of an embedded pointer that is nil
		}
		if some {
			b = append(b, ',')
		}
		some = true
		b = append(AppendString(b, f.Name), ':')
		b = appendValue(b, value, depth-1)
	}
	return append(b, '}')
}

// known remembers what Fields found. A hit only loads.
var known sync.Map // reflect.Type → []reflect.StructField

// Fields lists the exported fields of a struct type, as gob sends and encoding/json
// prints them: those of an embedded struct, or of a pointer to one, in its place and
// with the Index that leads there, unless a field of the same name hides them.
func Fields(t reflect.Type) []reflect.StructField {
	if all, ok := known.Load(t); ok {
		return all.([]reflect.StructField)
	}
	var all []reflect.StructField
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() && !embedsStruct(f) && exportedPath(t, f.Index) {
			all = append(all, f)
		}
	}
	known.Store(t, all)
	return all
}

// embedsStruct reports whether a field is an embedded struct, or a pointer to one.
func embedsStruct(f reflect.StructField) bool {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return f.Anonymous && t.Kind() == reflect.Struct
}

// exportedPath reports whether all fields on the way to one are exported.
func exportedPath(t reflect.Type, index []int) bool {
	for k := 1; k < len(index); k++ {
		if !t.FieldByIndex(index[:k]).IsExported() {
			return false
		}
	}
	return true
}

// shorten cuts a long string, and says so.
func shorten(s string) string {
	if len(s) <= MaxText {
		return s
	}
	end := MaxText
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return fmt.Sprintf("%s... (%d bytes)", s[:end], len(s))
}

// AppendString appends a string as JSON.
func AppendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, '\\', 'n')
			default:
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(append(b, s[start:i]...), `\ufffd`...)
			i++
			start = i
			continue
		}
		i += size
	}
	return append(append(b, s[start:]...), '"')
}
