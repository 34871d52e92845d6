package labgob

import (
	"bytes"
	"encoding/gob"
	"reflect"
)

// Most of the cost of a small message of gob is to describe its types and to
// work out how to read them, and both are the same for all messages of a type.
// So what gob has to say about a type is learned once (describe.go), and values
// are written and read by codecs of our own (codec.go), which make the bytes that
// gob would make. Whatever they do not know, and every error, is gob's: it starts
// from where the value began. Nothing is handed from one goroutine to another,
// which would hide races of the program; gob's own pools are passed by too.

// Marshal encodes v as one self-contained message: it can be decoded alone.
func Marshal(v any) ([]byte, error) {
	value := reflect.ValueOf(v)
	if base := indirect(value); base.IsValid() {
		if g := describe(base.Type()); g.codec != nil && g.refused == nil {
			w := writer{out: make([]byte, 0, len(g.prefix)+messageRoom)}
			if attempt(func() { w.encode(g, base) }) {
				return w.out, nil
			}
		}
	}
	var w bytes.Buffer
	err := NewEncoder(&w).EncodeValue(value)
	return w.Bytes(), err
}

// messageRoom is how many bytes a small message has without its descriptions.
const messageRoom = 64

// Unmarshal decodes a message of Marshal into what v points to.
func Unmarshal(message []byte, v any) error {
	value := reflect.ValueOf(v)
	g, err := target(value)
	if err != nil {
		return err
	}
	if r := (reader{rest: message}); g != nil && r.decode(g, value) {
		return nil
	}
	return explain(gob.NewDecoder(bytes.NewReader(message)).DecodeValue(value))
}
