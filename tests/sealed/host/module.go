package host

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A module holds its initial memory as some thousand segments of data. Copying them takes
// most of the time in which an instance starts. So they are put into an image once, which
// instances map, and are removed from the module.

// module is a WebAssembly program in binary form.
type module struct {
	text  []byte // without its data
	image []byte // its initial memory, up to the end of its data
}

// Sections of a module.
const (
	sectionMemory    = 5
	sectionData      = 11
	sectionDataCount = 12
)

var errModule = errors.New("it is not a WebAssembly module as Go's compiler makes it")

// maxImage bounds the initial memory of a module, in bytes.
const maxImage = 64 << 20

// split separates the data of a module from the rest.
func split(text []byte) (module, error) {
	const start = "\x00asm\x01\x00\x00\x00"
	if len(text) < len(start) || string(text[:len(start)]) != start {
		return module{}, errModule
	}
	m := module{text: append(make([]byte, 0, len(text)), start...)}
	for rest := text[len(start):]; len(rest) > 0; {
		kind := rest[0]
		body, after, err := sized(rest[1:])
		if err != nil {
			return module{}, err
		}
		switch kind {
		case sectionData:
			if err := m.data(body); err != nil {
				return module{}, fmt.Errorf("its data: %w", err)
			}
		case sectionDataCount:
		default:
			m.text = append(m.text, rest[:len(rest)-len(after)]...)
		}
		rest = after
	}
	return m, nil
}

// data copies the segments of data into the image.
func (m *module) data(body []byte) error {
	count, body, err := number(body)
	if err != nil {
		return err
	}
	for range count {
		const toPlace, i32Const, end = 0, 0x41, 0x0b
		if len(body) < 2 || body[0] != toPlace || body[1] != i32Const {
			return errModule
		}
		at, width := signed(body[2:])
		if width == 0 || len(body) < 3+width || body[2+width] != end {
			return errModule
		}
		var segment []byte
		if segment, body, err = sized(body[3+width:]); err != nil {
			return err
		}
		from := uint64(uint32(at))
		if to := from + uint64(len(segment)); to > maxImage {
			return errModule
		} else if to > uint64(len(m.image)) {
			m.image = append(m.image, make([]byte, to-uint64(len(m.image)))...)
		}
		copy(m.image[from:], segment)
	}
	if len(body) > 0 {
		return errModule
	}
	return nil
}

// number reads an unsigned number.
func number(b []byte) (n uint64, rest []byte, err error) {
	n, width := binary.Uvarint(b)
	if width <= 0 {
		return 0, nil, errModule
	}
	return n, b[width:], nil
}

// sized reads a length and that many bytes.
func sized(b []byte) (body, rest []byte, err error) {
	n, b, err := number(b)
	if err != nil || n > uint64(len(b)) {
		return nil, nil, errModule
	}
	return b[:n], b[n:], nil
}

// signed reads a signed number and returns its length in bytes, 0 if there is no number.
func signed(b []byte) (n int64, width int) {
	for shift := 0; width < len(b) && shift < 35; shift += 7 {
		c := b[width]
		width++
		n |= int64(c&0x7f) << shift
		if c&0x80 == 0 {
			if c&0x40 != 0 {
				n |= -1 << (shift + 7)
			}
			return n, width
		}
	}
	return 0, 0
}
