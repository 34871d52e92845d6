package labgob

import (
	"bytes"
	"encoding/gob"
	"reflect"
	"sync"

	"raftlab/internal/gobwire"
)

// gobType is what gob makes of a type that is not a pointer. It is learned from
// gob itself, once, from how that encodes a zero.
type gobType struct {
	of     reflect.Type
	id     int64         // its number in this process
	pieces []description // of the types it is made of, in the order in which gob sends them
	ids    []int64       // their numbers
	prefix []byte        // the pieces as they begin a message that stands alone
	codec  *codec        // nil if this type is left to gob

	refused error // why it cannot be sent
}

// description is one piece of a stream that describes a type.
type description struct {
	id   int64
	body []byte // the negative number of the type, and what gob has to say about it
}

// What has been learned. A hit only loads, which orders nobody for the race
// detector but after whoever was the first.
var (
	gobTypes     sync.Map // reflect.Type → *gobType
	descriptions sync.Map // number of a type → its body
	byType       sync.Map // reflect.Type → *registered
	byName       sync.Map // name → *registered
)

// describe returns what gob makes of a type, pointers followed.
func describe(t reflect.Type) *gobType {
	if found, ok := gobTypes.Load(t); ok {
		return found.(*gobType)
	}
	g := &gobType{of: t, refused: inspect(t)}
	if base, ok := baseOf(t); ok && base != t {
		g = describe(base)
	} else if c, ok := compile(t); ok && t.Kind() != reflect.Interface && g.learn() {
		g.codec = c
	}
	found, _ := gobTypes.LoadOrStore(t, g)
	return found.(*gobType)
}

// maxPointers bounds how far pointers to pointers are followed: a type can be a
// pointer to itself.
const maxPointers = 8

func baseOf(t reflect.Type) (base reflect.Type, ok bool) {
	for range maxPointers {
		if t.Kind() != reflect.Pointer {
			return t, true
		}
		t = t.Elem()
	}
	return nil, false
}

// learn reads off what gob writes for a zero of the type. It returns false if
// gob does not encode it.
func (g *gobType) learn() bool {
	var w bytes.Buffer
	if err := gob.NewEncoder(&w).EncodeValue(reflect.Zero(g.of)); err != nil {
		return false
	}
	for message := w.Bytes(); ; {
		size, width := gobwire.ReadUint(message)
		body := message[width : width+int(size)]
		u, _ := gobwire.ReadUint(body)
		id := gobwire.Int(u)
		if id >= 0 {
			g.id = id
			g.prefix = bytes.Clone(w.Bytes()[:w.Len()-len(message)])
			return true
		}
		g.pieces = append(g.pieces, description{-id, body})
		g.ids = append(g.ids, -id)
		descriptions.LoadOrStore(-id, body)
		message = message[width+int(size):]
	}
}

// registered is a type that may travel in an interface.
type registered struct {
	name string
	of   reflect.Type // as it was registered
	*gobType
}

// nameOf returns what gob knows a type by in an interface, nil if it does not or
// if the type is left to gob.
func nameOf(t reflect.Type) *registered {
	if found, ok := byType.Load(t); ok {
		return found.(*registered)
	}
	g := describe(t)
	if g.codec == nil {
		return nil
	}
	// gob keeps its list to itself, so it is asked to send a zero and to read it.
	type box struct{ Held any }
	var w bytes.Buffer
	if err := gob.NewEncoder(&w).Encode(box{reflect.Zero(g.of).Interface()}); err != nil {
		return nil // this may yet change
	}
	var got box
	name := heldName(w.Bytes())
	if err := gob.NewDecoder(&w).Decode(&got); err != nil {
		return nil
	}
	found, _ := byType.LoadOrStore(t, &registered{name, reflect.TypeOf(got.Held), g})
	byName.LoadOrStore(name, found)
	return found.(*registered)
}

// heldName reads the name of what a struct holds in an interface, its only field.
func heldName(message []byte) string {
	for {
		size, width := gobwire.ReadUint(message)
		body := message[width : width+int(size)]
		id, n := gobwire.ReadUint(body)
		if gobwire.Int(id) < 0 {
			message = message[width+int(size):]
			continue
		}
		body = body[n+1:] // and the number of the field
		length, n := gobwire.ReadUint(body)
		return string(body[n : n+int(length)])
	}
}
