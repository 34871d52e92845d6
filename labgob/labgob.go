package labgob

import (
	"encoding/gob"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"

	"raftlab/internal/gobwire"
)

// An Encoder writes values to one stream; see [gob.Encoder].
type Encoder struct {
	mu   sync.Mutex
	to   io.Writer
	ours writer
	gob  *gob.Encoder // if not nil it has taken over
}

// NewEncoder returns an encoder that writes to w.
func NewEncoder(w io.Writer) *Encoder { return &Encoder{to: w} }

// Encode writes the value e. It returns an error that names the field if the
// value holds something that cannot be encoded.
func (enc *Encoder) Encode(e any) error { return enc.EncodeValue(reflect.ValueOf(e)) }

// EncodeValue is Encode for a reflected value.
func (enc *Encoder) EncodeValue(value reflect.Value) error {
	if !value.IsValid() {
		return fmt.Errorf("labgob: nil cannot be encoded: give Encode a value, or a struct that holds the interface")
	}
	g := describe(value.Type())
	if g.refused != nil {
		return g.refused
	}
	enc.mu.Lock()
	defer enc.mu.Unlock()
	if enc.gob == nil {
		if base := indirect(value); base.IsValid() && g.codec != nil {
			if known, told := enc.ours.known, enc.ours.told; attempt(func() { enc.ours.encode(g, base) }) {
				_, err := enc.to.Write(enc.ours.out)
				enc.ours.out = enc.ours.out[:0]
				return explain(err)
			} else {
				enc.ours.known, enc.ours.told = known, told
			}
		}
		enc.handOver()
	}
	return explain(enc.gob.EncodeValue(value))
}

// handOver has gob write from now on. To know which types have been described it
// writes a zero of each to nowhere.
func (enc *Encoder) handOver() {
	out := &detour{io.Discard}
	enc.gob = gob.NewEncoder(out)
	for _, g := range enc.ours.told {
		if err := enc.gob.EncodeValue(reflect.Zero(g.of)); err != nil {
			panic(fmt.Sprintf("labgob: gob refuses a %s that it took before: %v", g.of, err))
		}
	}
	out.Writer = enc.to
}

// detour is a writer that leads elsewhere later.
type detour struct{ io.Writer }

// A Decoder reads values from one stream; see [gob.Decoder].
type Decoder struct {
	mu   sync.Mutex
	ours reader
	gob  *gob.Decoder // if not nil it has taken over
}

// NewDecoder returns a decoder that reads from r.
func NewDecoder(r io.Reader) *Decoder { return &Decoder{ours: reader{from: newSource(r)}} }

// Decode reads the next value into what e points to, which should be zero.
func (dec *Decoder) Decode(e any) error { return dec.DecodeValue(reflect.ValueOf(e)) }

// DecodeValue is Decode for a reflected pointer.
func (dec *Decoder) DecodeValue(value reflect.Value) error {
	g, err := target(value)
	if err != nil {
		return err
	}
	dec.mu.Lock()
	defer dec.mu.Unlock()
	if dec.gob == nil {
		known := dec.ours.known
		if g != nil && dec.ours.decode(g, value) {
			dec.ours.from.raw = dec.ours.from.raw[:0]
			return nil
		}
		dec.ours.known = known
		if err := dec.ours.from.ended; err != nil {
			dec.ours.from.ended = nil
			return explain(err) // as gob, which would miss the value whose types it was told
		}
		dec.handOver()
	}
	return explain(dec.gob.DecodeValue(value))
}

// handOver has gob read the present value again, and all that follow. What types
// have been described it is told first.
func (dec *Decoder) handOver() {
	var again []byte
	for _, id := range dec.ours.known {
		body, _ := descriptions.Load(id)
		again = gobwire.AppendUint(again, uint64(len(body.([]byte))))
		again = append(again, body.([]byte)...)
	}
	from := dec.ours.from
	dec.gob = gob.NewDecoder(&replay{append(again, from.raw...), from.in})
}

// target returns what gob makes of the type that a value points to, nil if the
// value is nothing to decode into. It warns if there is something there.
func target(value reflect.Value) (*gobType, error) {
	if !value.IsValid() {
		return nil, nil
	}
	g := describe(value.Type())
	if g.refused != nil {
		return nil, g.refused
	}
	warnIfUsed(value)
	if value.Kind() != reflect.Pointer || value.IsNil() || g.codec == nil {
		return nil, nil
	}
	return g, nil
}

// Register records the type of value under its own name, so that values of that
// type can travel inside interfaces.
func Register(value any) {
	mustInspect(value)
	gob.Register(value)
}

// RegisterName is Register under a name of the caller's choice.
func RegisterName(name string, value any) {
	mustInspect(value)
	gob.RegisterName(name, value)
}

func mustInspect(value any) {
	if value == nil {
		panic("labgob: Register(nil): give it a value of the type, such as Op{}")
	}
	if err := inspect(reflect.TypeOf(value)); err != nil {
		panic(err)
	}
}

// explain adds to an error of gob what a reader can do about it.
func explain(err error) error {
	switch {
	case err == nil, err == io.EOF:
		return err
	case strings.Contains(err.Error(), "not registered for interface"):
		return fmt.Errorf("labgob: %w: call labgob.Register with a value of that type before the first server starts", err)
	default:
		return fmt.Errorf("labgob: %w", err)
	}
}
