// Package gobwire reads and writes the numbers of encoding/gob's wire format (see "Encoding
// Details" in its documentation). An unsigned number below 128 is one byte. A larger one is
// its number of bytes, negated, followed by these bytes in big-endian order. A signed number
// has its sign in the lowest bit. A floating-point number is sent as an unsigned number with
// its bytes reversed.
package gobwire

import (
	"math"
	"math/bits"
)

// AppendUint appends an unsigned number to b.
func AppendUint(b []byte, x uint64) []byte {
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

// AppendInt appends a signed number to b.
func AppendInt(b []byte, i int64) []byte {
	if i < 0 {
		return AppendUint(b, uint64(^i)<<1|1)
	}
	return AppendUint(b, uint64(i)<<1)
}

// AppendFloat appends a floating-point number to b.
func AppendFloat(b []byte, f float64) []byte {
	return AppendUint(b, bits.ReverseBytes64(math.Float64bits(f)))
}

// ReadUint reads the unsigned number at the start of b and returns its width in bytes. The
// width is 0 if b is too short or does not start with a number.
func ReadUint(b []byte) (x uint64, width int) {
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

// Int returns the signed number that is encoded as the unsigned number x.
func Int(x uint64) int64 {
	if x&1 != 0 {
		return ^int64(x >> 1)
	}
	return int64(x >> 1)
}

// Float returns the floating-point number that is encoded as the unsigned number x.
func Float(x uint64) float64 { return math.Float64frombits(bits.ReverseBytes64(x)) }
