package labrpc

import (
	"reflect"
	"sync"
	"time"
)

// Kind says what happened to a message.
type Kind uint8

const (
	Sent        Kind = iota + 1 // a request left its sender
	Delivered                   // a request reached a handler
	Replied                     // a handler returned and its reply left
	Returned                    // a reply reached the caller
	Lost                        // a request or a reply got lost
	Held                        // a message is held back
	Unreachable                 // nobody is there, or the link is cut
)

var kindNames = [...]string{"", "sent", "delivered", "replied", "returned", "lost", "held", "unreachable"}

func (k Kind) String() string { return kindNames[k] }

// Event is something that happened to a message.
type Event struct {
	Kind   Kind
	At     time.Duration // since the network was made
	ID     uint64        // of the call, the same from Sent to Returned
	Link   Link          // the direction in which the message travels
	Method string        // such as "Raft.RequestVote"
	Bytes  int           // size of the encoded message
	Body   Fields        // of the arguments when Sent, of the reply when Replied or Returned, else none
}

// An Observer is told of events as they happen, in the goroutine in which they
// happen: that of the caller, or of the handler. It must not block, and must
// not lock: a lock that every message takes hides the data races of the program
// from the race detector.
type Observer interface{ Observe(Event) }

// Fields are the numbers in a message by the names of its fields: integers as
// they are, booleans as 0 and 1, and the length of slices and strings.
type Fields []Field

// Field is one of them.
type Field struct {
	Name  string
	Value int64
}

// Get returns the value of a field and whether there is one of that name.
func (fs Fields) Get(name string) (int64, bool) {
	for _, f := range fs {
		if f.Name == name {
			return f.Value, true
		}
	}
	return 0, false
}

// layout is what there is to know about the fields of a struct type. To ask
// reflect each time costs more than to read the fields.
type layout struct {
	exported []int        // places of the fields that travel
	numbers  []namedPlace // of those that Fields has
}

type namedPlace struct {
	name  string
	place int
}

// layouts remembers the layout of each type. A hit only loads.
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
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		l.exported = append(l.exported, i)
		switch f.Type.Kind() {
		case reflect.Struct, reflect.Pointer, reflect.Interface, reflect.Map, reflect.Func, reflect.Chan, reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		default:
			l.numbers = append(l.numbers, namedPlace{f.Name, i})
		}
	}
	return l
}

// fieldsOf reads the fields of a struct, or of what a pointer to one points to.
func fieldsOf(v reflect.Value) Fields {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil
	}
	numbers := layoutOf(v.Type()).numbers
	fields := make(Fields, len(numbers))
	for i, at := range numbers {
		fields[i] = Field{at.name, number(v.Field(at.place))}
	}
	return fields
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
