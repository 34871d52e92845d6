package fastgob

import (
	"bufio"
	"io"

	"raftlab/internal/gobwire"
)

// source cuts what a Decoder reads into pieces, and remembers those of the
// present value, so that gob can read it again.
type source struct {
	in    byteReader
	raw   []byte
	ended error // why there is nothing of the present value, not even a byte
}

// byteReader is what gob reads without looking ahead.
type byteReader interface {
	io.Reader
	io.ByteReader
}

func newSource(r io.Reader) *source {
	if in, ok := r.(byteReader); ok {
		return &source{in: in}
	}
	return &source{in: bufio.NewReader(r)}
}

// firstRead bounds how much is made room for on the word of a length.
const firstRead = 1 << 20

// piece reads a piece, nil if there is none that is whole.
func (s *source) piece() []byte {
	begin := len(s.raw)
	for s.raw = append(s.raw, 0); ; s.raw = append(s.raw, 0) {
		c, err := s.in.ReadByte()
		if err != nil {
			if s.raw = s.raw[:len(s.raw)-1]; len(s.raw) == 0 {
				s.ended = err
			}
			return nil
		}
		s.raw[len(s.raw)-1] = c
		if first := s.raw[begin]; first < 128 || len(s.raw)-begin > 256-int(first) || first < 248 {
			break
		}
	}
	size, width := gobwire.ReadUint(s.raw[begin:])
	for size := size; width > 0 && size > 0; {
		n := min(size, firstRead)
		at := len(s.raw)
		s.raw = append(s.raw, make([]byte, n)...)
		got, err := io.ReadFull(s.in, s.raw[at:])
		if err != nil {
			s.raw = s.raw[:at+got]
			return nil
		}
		size -= n
	}
	return s.raw[begin+width:]
}

// replay gives gob what was read of the present value, and then what follows.
// Like what it reads it needs no looking ahead.
type replay struct {
	again []byte
	byteReader
}

func (r *replay) Read(b []byte) (int, error) {
	if len(r.again) > 0 {
		n := copy(b, r.again)
		r.again = r.again[n:]
		return n, nil
	}
	return r.byteReader.Read(b)
}

func (r *replay) ReadByte() (byte, error) {
	if len(r.again) > 0 {
		c := r.again[0]
		r.again = r.again[1:]
		return c, nil
	}
	return r.byteReader.ReadByte()
}
