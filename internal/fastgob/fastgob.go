// Package fastgob encodes and decodes as encoding/gob does, with the same bytes, and
// several times faster for small messages.
//
// Most of the cost of a small message of gob is to describe its types and to work out how
// to read them, and both are the same for all messages of a type. So [Types] learns once
// what gob has to say about a type (describe.go), and codecs write and read the values
// (codec.go). Everything else is left to gob, which starts again from where the value
// began: types that encode themselves, values that gob refuses, bytes that do not fit.
// Every error is gob's.
//
// Nothing is handed from one goroutine to another, which would hide data races of the
// program. So gob's own pools are not used either.
package fastgob

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"io"
	"reflect"
	"sync"

	"raftlab/internal/gobwire"
)

// Marshal encodes a value as one self-contained message, which can be decoded alone.
func (ts *Types) Marshal(value reflect.Value) ([]byte, error) {
	if base := indirect(value); base.IsValid() {
		if g := ts.describe(base.Type()); g.codec != nil {
			w := writer{types: ts, out: make([]byte, 0, len(g.prefix)+messageRoom)}
			if attempt(func() { w.encode(g, base) }) {
				return w.out, nil
			}
		}
	}
	var w bytes.Buffer
	err := ts.NewEncoder(&w).EncodeValue(value)
	return w.Bytes(), err
}

// messageRoom is how many bytes a small message has without its descriptions.
const messageRoom = 64

// Unmarshal decodes a message of Marshal into what a value points to.
func (ts *Types) Unmarshal(message []byte, value reflect.Value) error {
	if r := (reader{types: ts, rest: message}); r.decode(ts.target(value), value) {
		return nil
	}
	return gob.NewDecoder(bytes.NewReader(message)).DecodeValue(value)
}

// An Encoder writes values to one stream; see [gob.Encoder].
type Encoder struct {
	mu   sync.Mutex
	to   io.Writer
	ours writer
	gob  *gob.Encoder // if not nil it has taken over
}

// NewEncoder returns an encoder that writes to w.
func (ts *Types) NewEncoder(w io.Writer) *Encoder {
	return &Encoder{to: w, ours: writer{types: ts}}
}

// EncodeValue writes a value.
func (enc *Encoder) EncodeValue(value reflect.Value) error {
	enc.mu.Lock()
	defer enc.mu.Unlock()
	if enc.gob == nil {
		if done, err := enc.encode(indirect(value)); done {
			return err
		}
		enc.handOver()
	}
	return enc.gob.EncodeValue(value)
}

// encode writes a value that is not a pointer. It reports false if gob should write it.
func (enc *Encoder) encode(base reflect.Value) (done bool, err error) {
	if !base.IsValid() {
		return false, nil
	}
	g := enc.ours.types.describe(base.Type())
	if g.codec == nil {
		return false, nil
	}
	known, told := enc.ours.known, enc.ours.told
	if !attempt(func() { enc.ours.encode(g, base) }) {
		enc.ours.known, enc.ours.told = known, told
		return false, nil
	}
	_, err = enc.to.Write(enc.ours.out)
	enc.ours.out = enc.ours.out[:0]
	return true, err
}

// handOver has gob write from now on. To learn which types have been described, gob
// first writes a zero of each to nowhere.
func (enc *Encoder) handOver() {
	out := &detour{io.Discard}
	enc.gob = gob.NewEncoder(out)
	for _, g := range enc.ours.told {
		if err := enc.gob.EncodeValue(reflect.Zero(g.of)); err != nil {
			panic(fmt.Sprintf("fastgob: gob refuses a %s that it took before: %v", g.of, err))
		}
	}
	out.Writer = enc.to
}

// detour is a writer whose destination can change.
type detour struct{ io.Writer }

// A Decoder reads values from one stream; see [gob.Decoder].
type Decoder struct {
	mu   sync.Mutex
	ours reader
	gob  *gob.Decoder // if not nil it has taken over
}

// NewDecoder returns a decoder that reads from r.
func (ts *Types) NewDecoder(r io.Reader) *Decoder {
	return &Decoder{ours: reader{types: ts, from: newSource(r)}}
}

// DecodeValue reads the next value into what a value points to.
func (dec *Decoder) DecodeValue(value reflect.Value) error {
	g := dec.ours.types.target(value)
	dec.mu.Lock()
	defer dec.mu.Unlock()
	if dec.gob == nil {
		known := dec.ours.known
		if dec.ours.decode(g, value) {
			dec.ours.from.raw = dec.ours.from.raw[:0]
			return nil
		}
		dec.ours.known = known
		if err := dec.ours.from.ended; err != nil {
			dec.ours.from.ended = nil
			return err // as gob, which would miss the value whose types it was told
		}
		dec.handOver()
	}
	return dec.gob.DecodeValue(value)
}

// handOver has gob read the present value again, and all that follow. First it reads the
// descriptions of types that the stream held.
func (dec *Decoder) handOver() {
	var again []byte
	for _, id := range dec.ours.known {
		body, _ := dec.ours.types.descriptions.Load(id)
		again = gobwire.AppendUint(again, uint64(len(body.([]byte))))
		again = append(again, body.([]byte)...)
	}
	from := dec.ours.from
	dec.gob = gob.NewDecoder(&replay{append(again, from.raw...), from.in})
}

// target returns what gob makes of the type that a value points to, nil if the value is
// not one to decode into or if its type is left to gob.
func (ts *Types) target(value reflect.Value) *gobType {
	if value.Kind() != reflect.Pointer || value.IsNil() {
		return nil
	}
	if g := ts.describe(value.Type()); g.codec != nil {
		return g
	}
	return nil
}
