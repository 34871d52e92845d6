package fastgob

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

	refused error // what the check says of it
}

// description is one piece of a stream that describes a type.
type description struct {
	id   int64
	body []byte // the negative number of the type, and what gob has to say about it
}

// Types is what was learned of types. Its methods may be called from any goroutine. Where
// something is known already they only load it, so for the race detector a goroutine is
// ordered after the first that used a type, and after no other.
type Types struct {
	check        func(reflect.Type) error
	gobTypes     sync.Map // reflect.Type → *gobType
	descriptions sync.Map // number of a type → its body
	byType       sync.Map // reflect.Type → *registered
	byName       sync.Map // name → *registered
}

// New returns Types that know nothing yet. They call check for each type when they first
// meet it, be it inside an interface.
func New(check func(reflect.Type) error) *Types { return &Types{check: check} }

// Check returns what the check of New returned for a type, or for the type it points to.
func (ts *Types) Check(t reflect.Type) error { return ts.describe(t).refused }

// describe returns what gob makes of a type, pointers followed.
func (ts *Types) describe(t reflect.Type) *gobType {
	if found, ok := ts.gobTypes.Load(t); ok {
		return found.(*gobType)
	}
	g := &gobType{of: t, refused: ts.check(t)}
	if base, ok := baseOf(t); ok && base != t {
		g = ts.describe(base)
	} else if c, ok := compile(t); ok && t.Kind() != reflect.Interface && ts.learn(g) {
		g.codec = c
	}
	found, _ := ts.gobTypes.LoadOrStore(t, g)
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

// learn learns a type from what gob writes for a zero of it. It returns false if gob does
// not encode the type.
func (ts *Types) learn(g *gobType) bool {
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
		ts.descriptions.LoadOrStore(-id, body)
		message = message[width+int(size):]
	}
}

// registered is a type that may travel in an interface.
type registered struct {
	name string
	of   reflect.Type // as it was registered
	*gobType
}

// nameOf returns the name by which gob sends a type in an interface, nil if it has none or
// if the type is left to gob.
func (ts *Types) nameOf(t reflect.Type) *registered {
	if found, ok := ts.byType.Load(t); ok {
		return found.(*registered)
	}
	g := ts.describe(t)
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
	found, _ := ts.byType.LoadOrStore(t, &registered{name, reflect.TypeOf(got.Held), g})
	ts.byName.LoadOrStore(name, found)
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
