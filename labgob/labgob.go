package labgob

import (
	"encoding/gob"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// An Encoder writes values to one stream; see [gob.Encoder].
type Encoder struct{ gob *gob.Encoder }

// NewEncoder returns an encoder that writes to w.
func NewEncoder(w io.Writer) *Encoder { return &Encoder{gob.NewEncoder(w)} }

// Encode writes the value e. It returns an error that names the field if the
// value holds something that cannot be encoded.
func (enc *Encoder) Encode(e any) error { return enc.EncodeValue(reflect.ValueOf(e)) }

// EncodeValue is Encode for a reflected value.
func (enc *Encoder) EncodeValue(value reflect.Value) error {
	if !value.IsValid() {
		return fmt.Errorf("labgob: nil cannot be encoded: give Encode a value, or a struct that holds the interface")
	}
	if err := inspect(value.Type()); err != nil {
		return err
	}
	return explain(enc.gob.EncodeValue(value))
}

// A Decoder reads values from one stream; see [gob.Decoder].
type Decoder struct{ gob *gob.Decoder }

// NewDecoder returns a decoder that reads from r.
func NewDecoder(r io.Reader) *Decoder { return &Decoder{gob.NewDecoder(r)} }

// Decode reads the next value into what e points to, which should be zero.
func (dec *Decoder) Decode(e any) error { return dec.DecodeValue(reflect.ValueOf(e)) }

// DecodeValue is Decode for a reflected pointer.
func (dec *Decoder) DecodeValue(value reflect.Value) error {
	if value.IsValid() {
		if err := inspect(value.Type()); err != nil {
			return err
		}
		warnIfUsed(value)
	}
	return explain(dec.gob.DecodeValue(value))
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
