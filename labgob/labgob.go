package labgob

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"raftlab/internal/fastgob"
)

// types is what is known of the types of this process. They are checked when they are met.
var types = fastgob.New(check)

// An Encoder writes values to one stream; see [gob.Encoder].
type Encoder struct{ stream *fastgob.Encoder }

// NewEncoder returns an encoder that writes to w.
func NewEncoder(w io.Writer) *Encoder { return &Encoder{types.NewEncoder(w)} }

// Encode writes the value e. It returns an error that names the field if the
// value holds something that cannot be encoded.
func (enc *Encoder) Encode(e any) error { return enc.EncodeValue(reflect.ValueOf(e)) }

// EncodeValue is Encode for a reflected value.
func (enc *Encoder) EncodeValue(value reflect.Value) error {
	if err := checkSource(value); err != nil {
		return explain(err)
	}
	return explain(enc.stream.EncodeValue(value))
}

// A Decoder reads values from one stream; see [gob.Decoder].
type Decoder struct{ stream *fastgob.Decoder }

// NewDecoder returns a decoder that reads from r.
func NewDecoder(r io.Reader) *Decoder { return &Decoder{types.NewDecoder(r)} }

// Decode reads the next value into what e points to, which should be zero.
func (dec *Decoder) Decode(e any) error { return dec.DecodeValue(reflect.ValueOf(e)) }

// DecodeValue is Decode for a reflected pointer.
func (dec *Decoder) DecodeValue(value reflect.Value) error {
	if err := checkTarget(value); err != nil {
		return explain(err)
	}
	return explain(dec.stream.DecodeValue(value))
}

// Marshal encodes v as one message, which can be decoded alone. labrpc sends arguments and
// replies as such messages.
func Marshal(v any) ([]byte, error) {
	value := reflect.ValueOf(v)
	if err := checkSource(value); err != nil {
		return nil, explain(err)
	}
	message, err := types.Marshal(value)
	return message, explain(err)
}

// Unmarshal decodes a message of Marshal into what v points to, which should be zero.
func Unmarshal(message []byte, v any) error {
	value := reflect.ValueOf(v)
	if err := checkTarget(value); err != nil {
		return explain(err)
	}
	return explain(types.Unmarshal(message, value))
}

// Register records the type of value under its own name, so that values of that
// type can travel inside interfaces.
func Register(value any) {
	mustCheck(value)
	gob.Register(value)
}

// RegisterName is Register under a name of the caller's choice.
func RegisterName(name string, value any) {
	mustCheck(value)
	gob.RegisterName(name, value)
}

func mustCheck(value any) {
	if value == nil {
		panic("labgob: Register(nil): give it a value of the type, such as Op{}")
	}
	if err := check(reflect.TypeOf(value)); err != nil {
		panic(explain(err))
	}
}

// checkSource checks a value that is to be encoded.
func checkSource(value reflect.Value) error {
	if !value.IsValid() {
		return errors.New("nil cannot be encoded: give Encode a value, or a struct that holds the interface")
	}
	return types.Check(value.Type())
}

// checkTarget checks a value that is to be decoded into. gob skips a value of the stream
// if there is none.
func checkTarget(value reflect.Value) error {
	if !value.IsValid() {
		return nil
	}
	if err := types.Check(value.Type()); err != nil {
		return err
	}
	warnIfUsed(value)
	return nil
}

// explain adds to an error what a reader can do about it.
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
