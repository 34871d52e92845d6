package labgob

import (
	"math"
	"math/bits"
	"reflect"
)

// The numbers of gob's wire format. An unsigned number below 128 is one byte;
// any other is the negated count of its bytes and then those, the highest
// first. A signed number has its sign in the lowest bit. A floating-point number
// is unsigned, its bytes reversed.

func appendUint(b []byte, x uint64) []byte {
	if x < 128 {
		return append(b, byte(x))
	}
	width := (bits.Len64(x) + 7) / 8
	b = append(b, byte(-width))
	for shift := 8 * (width - 1); shift >= 0; shift -= 8 {
		b = append(b, byte(x>>shift))
	}
	return b
}

func appendInt(b []byte, i int64) []byte {
	if i < 0 {
		return appendUint(b, uint64(^i)<<1|1)
	}
	return appendUint(b, uint64(i)<<1)
}

func appendFloat(b []byte, f float64) []byte {
	return appendUint(b, bits.ReverseBytes64(math.Float64bits(f)))
}

// readUint reads an unsigned number and returns how many bytes it has, 0 if
// there is none.
func readUint(b []byte) (x uint64, width int) {
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
	for _, c := range b[1 : 1+count] {
		x = x<<8 | uint64(c)
	}
	return x, 1 + count
}

func toInt(x uint64) int64 {
	if x&1 != 0 {
		return ^int64(x >> 1)
	}
	return int64(x >> 1)
}

func toFloat(x uint64) float64 { return math.Float64frombits(bits.ReverseBytes64(x)) }

// unfit is what giveUp panics with.
type unfit struct{}

// giveUp leaves a value to gob: one that gob refuses, or whose type is not one
// for a codec.
func giveUp() { panic(unfit{}) }

// attempt calls f and tells whether it did not give up.
func attempt(f func()) (ok bool) {
	defer func() {
		if problem := recover(); problem != nil {
			if _, ok := problem.(unfit); !ok {
				panic(problem)
			}
		} else {
			ok = true
		}
	}()
	f()
	return
}

// indirect follows pointers to their base, the zero Value if one is nil.
func indirect(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return reflect.Value{}
		}
		v = v.Elem()
	}
	return v
}

// allocate follows pointers to their base, and makes what is missing.
func allocate(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	return v
}
