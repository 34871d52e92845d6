// Package hashes holds hash functions and a stream of random numbers. The fates of messages,
// the seeds of cases and digests are derived from them. Recorded runs depend on them, so
// they give the same numbers on every machine and with every version of Go.
package hashes

// The initial value and the multiplier of 64-bit FNV-1a.
const (
	basis = 0xcbf29ce484222325
	prime = 0x100000001b3
)

// String returns the FNV-1a hash of a text, mixed.
func String[T ~string | ~[]byte](s T) uint64 { return Mix(Text(basis, s)) }

// Text adds the bytes of a text to a hash, as FNV-1a does.
func Text[T ~string | ~[]byte](h uint64, s T) uint64 {
	for i := range len(s) {
		h = Step(h, uint64(s[i]))
	}
	return h
}

// Step adds a value to a hash, as FNV-1a adds a byte.
func Step(h, value uint64) uint64 { return (h ^ value) * prime }

// Mix scrambles 64 bits. It is the finalizer of SplitMix64.
func Mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Stream is a stream of random numbers: SplitMix64, seeded by its initial value.
type Stream uint64

// Next returns the next number.
func (s *Stream) Next() uint64 {
	*s += 0x9e3779b97f4a7c15
	return Mix(uint64(*s))
}
