package gobstream

import (
	"fmt"
	"math"
	"strconv"

	"raftlab/internal/hashes"
	"raftlab/internal/plain"
)

// Fingerprint returns a hash of the content of a value. Messages with equal values have
// the same fingerprint, whatever the order of their maps and the numbers that their
// senders gave to types. Of a slice of bytes only the length counts, since the same state
// can be encoded in more than one way.
func (v Value) Fingerprint() uint64 {
	h := uint64(v.Kind) + 1
	switch v.Kind {
	case Complex:
		h = hashes.Mix(hashes.Mix(h^v.Num) ^ v.Imag)
	case Bytes, Opaque:
		h = hashes.Mix(h ^ uint64(len(v.Text)))
	case String:
		h = hashes.Mix(h ^ hashes.String(v.Text))
	case List:
		h = hashes.Mix(h ^ uint64(len(v.Of)))
		for _, e := range v.Of {
			h = hashes.Mix(h ^ e.Fingerprint())
		}
	case Map:
		h = hashes.Mix(h ^ uint64(len(v.Of)))
		for i := 0; i+1 < len(v.Of); i += 2 {
			h += hashes.Mix(hashes.Mix(v.Of[i].Fingerprint()) ^ v.Of[i+1].Fingerprint())
		}
	case Struct:
		for _, f := range v.Of {
			h = hashes.Mix(hashes.Mix(h^uint64(f.Field)) ^ f.Fingerprint())
		}
	case Interface:
		h = hashes.Mix(hashes.Mix(h^hashes.String(v.Text)) ^ v.Of[0].Fingerprint())
	default:
		h = hashes.Mix(h ^ v.Num)
	}
	return h
}

// maxPrinted is the number of bytes after which no more elements are printed. The sender
// chooses names and elements, and each level of nesting would multiply them.
const maxPrinted = 4 << 10

// AppendJSON appends a value as JSON. It prints values as package plain prints those of
// known types, except that it leaves out fields that are zero.
func (v Value) AppendJSON(b []byte) []byte { return v.appendJSON(b, plain.MaxDepth, len(b)+maxPrinted) }

func (v Value) appendJSON(b []byte, depth, limit int) []byte {
	switch v.Kind {
	case Nothing:
		return append(b, "null"...)
	case Bool:
		return strconv.AppendBool(b, v.Num != 0)
	case Int:
		return strconv.AppendInt(b, int64(v.Num), 10)
	case Uint:
		return strconv.AppendUint(b, v.Num, 10)
	case Float:
		if f := v.Float(); !math.IsInf(f, 0) && !math.IsNaN(f) {
			return strconv.AppendFloat(b, f, 'g', -1, 64)
		}
		return plain.AppendString(b, strconv.FormatFloat(v.Float(), 'g', -1, 64))
	case Complex:
		return plain.AppendString(b, "a complex number")
	case String:
		return plain.AppendJSON(b, string(v.Text))
	case Bytes, Opaque:
		return plain.AppendString(b, fmt.Sprintf("%d bytes", len(v.Text)))
	case Map:
		return plain.AppendString(b, fmt.Sprintf("a map of %d", len(v.Of)/2))
	case Interface:
		return v.Of[0].appendJSON(b, depth, limit)
	}
	if depth == 0 {
		return plain.AppendString(b, "...")
	}
	open, shut := byte('['), byte(']')
	of := v.Of[max(0, len(v.Of)-plain.MaxElements):]
	if v.Kind == Struct {
		open, shut, of = '{', '}', v.Of
	}
	b = append(b, open)
	for i, e := range of {
		if len(b) > limit {
			break // nobody would read more
		}
		if i > 0 {
			b = append(b, ',')
		}
		if v.Kind == Struct {
			b = append(plain.AppendString(b, v.Name(e)), ':')
		}
		b = e.appendJSON(b, depth-1, limit)
	}
	return append(b, shut)
}
