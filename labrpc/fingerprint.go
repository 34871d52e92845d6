package labrpc

import (
	"math"
	"reflect"

	"raftlab/internal/hashes"
)

// fingerprint hashes a value: values that are equal field by field have the same
// fingerprint, wherever they are in memory. The order of maps does not matter. Of a
// slice of bytes only the length matters, since the same state can be encoded in more
// than one way.
func fingerprint(v any) uint64 { return fingerprintValue(reflect.ValueOf(v)) }

func fingerprintValue(v reflect.Value) uint64 {
	h := uint64(v.Kind()) + 1
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			h = hashes.Mix(h ^ 1)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		h = hashes.Mix(h ^ uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		h = hashes.Mix(h ^ v.Uint())
	case reflect.Float32, reflect.Float64:
		h = hashes.Mix(h ^ math.Float64bits(v.Float()))
	case reflect.Complex64, reflect.Complex128:
		h = hashes.Mix(hashes.Mix(h^math.Float64bits(real(v.Complex()))) ^ math.Float64bits(imag(v.Complex())))
	case reflect.String:
		h = hashes.Mix(h ^ hashes.String(v.String()))
	case reflect.Slice, reflect.Array:
		h = hashes.Mix(h ^ uint64(v.Len()))
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return h
		}
		for i := range v.Len() {
			h = hashes.Mix(h ^ fingerprintValue(v.Index(i)))
		}
	case reflect.Map:
		h = hashes.Mix(h ^ uint64(v.Len()))
		for it := v.MapRange(); it.Next(); {
			h += hashes.Mix(hashes.Mix(fingerprintValue(it.Key())) ^ fingerprintValue(it.Value()))
		}
	case reflect.Struct:
		for _, place := range layoutOf(v.Type()).exported {
			h = hashes.Mix(h ^ fingerprintValue(v.Field(place)))
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return fingerprintValue(v.Elem())
		}
	}
	return h
}
