package labrpc

import (
	"reflect"
	"sync"
	"time"

	"raftlab/internal/plain"
)

// Kind is what happened to a message.
type Kind uint8

// The kinds of events.
const (
	Sent        Kind = iota + 1 // a request left its sender
	Delivered                   // a request reached a handler
	Replied                     // a handler returned and its reply left
	Returned                    // a reply reached the caller
	Lost                        // a request or a reply was lost
	Held                        // a message is held
	Unreachable                 // there is no server, or the link is cut
	Duplicated                  // a duplicate of a request reached a handler
	Ignored                     // a deleted server has made a call, which is not sent
)

var kindNames = [...]string{"", "sent", "delivered", "replied", "returned", "lost", "held", "unreachable", "duplicated", "ignored"}

func (k Kind) String() string { return kindNames[k] }

// Event is something that happened to a message.
type Event struct {
	Kind   Kind
	At     time.Duration // since the network was made
	ID     uint64        // of the call, the same from Sent to Returned
	Link   Link          // the direction in which the message travels
	Method string        // such as "Raft.RequestVote"
	Bytes  int           // size of the encoded message
	Body   Fields        // of the arguments when Sent, of the reply when Replied or Returned, otherwise nil
	Rest   Details       // the parts of them that Body does not include
}

// An Observer is called for each event when it happens, in the goroutine in which it
// happens: that of the caller, or of the handler. It must not block and must not lock:
// a lock that every message takes hides the data races of the program from the race
// detector.
type Observer interface{ Observe(Event) }

// Fields are the numbers in a message by the names of its fields: integers of any
// kind as they are, booleans as 0 and 1, and the lengths of slices and strings. A
// field that is promoted from an embedded struct has its own name.
type Fields []Field

// Field is one of [Fields].
type Field struct {
	Name  string
	Value int64
}

// Get returns the value of a field and whether there is one with that name.
func (fs Fields) Get(name string) (int64, bool) {
	for _, f := range fs {
		if f.Name == name {
			return f.Value, true
		}
	}
	return 0, false
}

// Details are the parts of a message that are no numbers, by the names of their fields:
// strings, structs, and the elements of slices, kept as they were when the event
// happened; see package plain.
type Details []Detail

// Detail is one of [Details].
type Detail struct {
	Name  string
	Value any
}

// Get returns the detail with that name, or nil if there is none.
func (ds Details) Get(name string) any {
	for _, d := range ds {
		if d.Name == name {
			return d.Value
		}
	}
	return nil
}

// layout describes the fields of a struct type. Asking package reflect each time costs
// more than reading the fields.
type layout struct {
	exported []int        // indexes of the fields that are sent
	numbers  []namedPlace // of the fields in Fields
	rest     []namedPlace // of the fields in Details
}

// namedPlace is the place of a field: its index in the struct, or the indexes that lead
// to it through embedded structs.
type namedPlace struct {
	name  string
	place []int
}

// in returns the field of a struct, and false if it is promoted from an embedded
// pointer that is nil.
func (p namedPlace) in(v reflect.Value) (field reflect.Value, ok bool) {
	if len(p.place) == 1 {
		return v.Field(p.place[0]), true
	}
	field, err := v.FieldByIndexErr(p.place)
	return field, err == nil
}

// layouts caches the layout of each type. A hit takes no lock.
var layouts sync.Map // reflect.Type → *layout

func layoutOf(t reflect.Type) *layout {
	found, ok := layouts.Load(t)
	if !ok {
		found, _ = layouts.LoadOrStore(t, newLayout(t))
	}
	return found.(*layout)
}

func newLayout(t reflect.Type) *layout {
	l := &layout{}
	for i := range t.NumField() {
		if t.Field(i).IsExported() {
			l.exported = append(l.exported, i)
		}
	}
	for _, f := range plain.Fields(t) {
		here := namedPlace{f.Name, f.Index}
		switch f.Type.Kind() {
		case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		case reflect.Struct, reflect.Pointer, reflect.Interface, reflect.Map, reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
			l.rest = append(l.rest, here)
		case reflect.String:
			l.numbers, l.rest = append(l.numbers, here), append(l.rest, here)
		case reflect.Slice, reflect.Array:
			l.numbers = append(l.numbers, here)
			if f.Type.Elem().Kind() != reflect.Uint8 { // bytes are in the program's own encoding
				l.rest = append(l.rest, here)
			}
		default:
			l.numbers = append(l.numbers, here)
		}
	}
	return l
}

// contentOf reads the fields of a struct, or of the struct that a pointer points to.
// The caller must be allowed to read them.
func contentOf(v reflect.Value) (fields Fields, details Details) {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil, nil
	}
	l := layoutOf(v.Type())
	fields = make(Fields, 0, len(l.numbers))
	for _, at := range l.numbers {
		value, ok := at.in(v)
		if !ok {
			value = reflect.Zero(v.Type().FieldByIndex(at.place).Type) // gob does not send it, and its receiver reads zero
		}
		fields = append(fields, Field{at.name, number(value)})
	}
	for _, at := range l.rest {
		if value, ok := at.in(v); ok && !empty(value) {
			details = append(details, Detail{at.name, plain.Keep(value.Interface())})
		}
	}
	return fields, details
}

// empty reports whether a field holds nothing, such as the entries of a heartbeat.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.String, reflect.Map:
		return v.Len() == 0
	}
	return v.IsZero()
}

func number(v reflect.Value) int64 {
	switch {
	case v.CanInt():
		return v.Int()
	case v.CanUint():
		return int64(v.Uint())
	case v.Kind() == reflect.Bool:
		if v.Bool() {
			return 1
		}
		return 0
	default:
		return int64(v.Len())
	}
}
