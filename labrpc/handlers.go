package labrpc

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"raftlab/internal/plain"
)

// Handler describes a method of a server that can be called from others.
type Handler struct {
	Name        string // such as "Raft.RequestVote"
	Args, Reply Shape
	args, reply reflect.Type
}

// Shape holds the kinds of the fields of a message, by their names; see [Fields].
type Shape map[string]reflect.Kind

// Handlers lists the methods of a server that can be called, by their names.
// It lists none for a server that is down.
func (n *Network) Handlers(server any) (all []Handler) {
	s, ok := n.view.Load().servers[server]
	if !ok {
		return nil
	}
	for _, svc := range *s.services.Load() {
		for short, m := range svc.methods {
			all = append(all, newHandler(svc.name+"."+short, m.args, m.reply))
		}
	}
	slices.SortFunc(all, func(a, b Handler) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func newHandler(name string, args, reply reflect.Type) Handler {
	return Handler{name, shapeOf(args), shapeOf(reply), args, reply}
}

func shapeOf(t reflect.Type) Shape {
	shape := Shape{}
	if t.Kind() != reflect.Struct {
		return shape
	}
	for _, f := range plain.Fields(t) {
		shape[f.Name] = f.Type.Kind()
	}
	return shape
}

// Message is a message of a program's own type, which the lab fills in and reads
// by the names of its fields.
type Message struct{ pointer reflect.Value }

// NewArgs returns arguments for the handler, all zero.
func (h Handler) NewArgs() Message { return Message{reflect.New(h.args)} }

// NewReply returns a reply of the handler, all zero, for Call to fill.
func (h Handler) NewReply() Message { return Message{reflect.New(h.reply)} }

// Pointer returns what to pass to [ClientEnd.Call].
func (m Message) Pointer() any { return m.pointer.Interface() }

// Fields returns what the message says.
func (m Message) Fields() Fields {
	fields, _ := contentOf(m.pointer)
	return fields
}

// Set sets an integer of any kind, or a bool (0 is false). The message must have
// a field of that name and sort.
func (m Message) Set(name string, value int64) {
	switch f := m.field(name); {
	case f.CanInt():
		f.SetInt(value)
	case f.CanUint():
		f.SetUint(uint64(value))
	case f.Kind() == reflect.Bool:
		f.SetBool(value != 0)
	default:
		panic(fmt.Sprintf("labrpc: field %s is of type %s, which is no integer and no bool", name, f.Type()))
	}
}

// SetBytes sets a slice of bytes. The message must have a field of that name and
// type.
func (m Message) SetBytes(name string, value []byte) { m.field(name).SetBytes(value) }

// field returns a field that can be set. It makes the embedded structs on the way
// to it that are held by pointers.
func (m Message) field(name string) reflect.Value {
	v := m.pointer.Elem()
	for _, f := range plain.Fields(v.Type()) {
		if f.Name != name {
			continue
		}
		for _, i := range f.Index {
			if v.Kind() == reflect.Pointer {
				if v.IsNil() {
					v.Set(reflect.New(v.Type().Elem()))
				}
				v = v.Elem()
			}
			v = v.Field(i)
		}
		return v
	}
	panic(fmt.Sprintf("labrpc: %s has no field %s", v.Type(), name))
}
