// Package plain keeps and prints values of types that students define. It calls
// none of their methods (String, MarshalJSON and so on), which could lock, panic,
// or print something else. [Keep] keeps a value when it is seen, and [AppendJSON]
// prints it when it is written.
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
	// MaxElements is how many elements of a slice are kept: the last ones.
	MaxElements = 128
	// MaxText is how many bytes of a string are printed.
	MaxText = 200
	// MaxDepth is how deep nested values are printed.
	MaxDepth = 6
)

// JSON is a value that could change and was therefore printed when it was seen.
type JSON string

// Later is a value that prints itself when it is written. It must not change.
type Later func(b []byte) []byte

// class is how a type can be kept.
type class uint8

const (
	changing class = iota // may change behind a pointer: printed at once
	fixed                 // never changes: numbers, strings, structs and arrays of them
	mixed                 // fixed except for interfaces, which may hold anything
)

// classes caches the class of each type. A hit takes no lock.
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

// Keep returns a value that AppendJSON can print later, and that prints as v does
// now. It copies what could change, and keeps only the last [MaxElements] of a
// slice. The caller must be allowed to read v.
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

// settled reports whether a value never changes.
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

// AppendJSON appends a kept value as JSON. A struct becomes an object of its
// exported fields, a slice of bytes its length, and long strings are cut.
func AppendJSON(b []byte, v any) []byte {
	switch v := v.(type) { // the usual types, without reflection
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
			continue // a field of an embedded pointer that is nil
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

// known caches the result of Fields for each type. A hit takes no lock.
var known sync.Map // reflect.Type → []reflect.StructField

// Fields lists the exported fields of a struct type, as gob sends and encoding/json
// prints them. The fields of an embedded struct, or of a pointer to one, are listed in
// its place, each with the Index that leads to it, unless a field of the same name
// hides them.
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

// exportedPath reports whether all embedded fields on the path to a field are exported.
func exportedPath(t reflect.Type, index []int) bool {
	for k := 1; k < len(index); k++ {
		if !t.FieldByIndex(index[:k]).IsExported() {
			return false
		}
	}
	return true
}

// shorten cuts a long string and appends its length.
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
