package labrpc

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"raftlab/internal/plain"
	"raftlab/labgob"
)

// Handler describes a method of a server that other servers can call.
type Handler struct {
	Name        string // such as "Raft.RequestVote"
	Args, Reply Shape
	args, reply reflect.Type // of a remote server, only the fields that the lab can fill in
	remote      *remote      // nil if the server is in this process
}

// Shape maps the names of a message's fields to their kinds; see [Fields].
type Shape map[string]reflect.Kind

// Handlers lists the methods of a server that can be called, sorted by name. It
// returns nil if the server is down.
func (n *Network) Handlers(server any) (all []Handler) {
	s, ok := n.view.Load().servers[server]
	if !ok {
		return nil
	}
	for _, svc := range *s.services.Load() {
		for short, m := range svc.methods {
			all = append(all, newHandler(svc.name+"."+short, m))
		}
	}
	slices.SortFunc(all, func(a, b Handler) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func newHandler(name string, m *method) Handler {
	if r := m.remote; r != nil {
		return Handler{name, r.args.shape, r.reply.shape, r.args.plain, r.reply.plain, r}
	}
	return Handler{name, shapeOf(m.args), shapeOf(m.reply), m.args, m.reply, nil}
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

// Message is a message of a program's own type, whose fields the lab sets and reads
// by name.
type Message struct {
	pointer reflect.Value
	shape   *remoteShape // of arguments for a remote handler; otherwise nil
	encoded *Encoded     // a reply of a remote handler; otherwise nil
}

// NewArgs returns zero arguments for the handler.
func (h Handler) NewArgs() Message {
	m := Message{pointer: reflect.New(h.args)}
	if h.remote != nil {
		m.shape = h.remote.args
	}
	return m
}

// NewReply returns a zero reply of the handler for Call to fill in.
func (h Handler) NewReply() Message {
	m := Message{pointer: reflect.New(h.reply)}
	if h.remote != nil {
		m.encoded = &Encoded{}
	}
	return m
}

// Pointer returns the value to pass to [ClientEnd.Call].
func (m Message) Pointer() any {
	if m.encoded != nil {
		return m.encoded
	}
	if m.shape == nil {
		return m.pointer.Interface()
	}
	encoded, err := labgob.Marshal(m.pointer.Interface())
	if err == nil {
		m.encoded, err = m.shape.read(encoded)
	}
	if err != nil {
		panic(fmt.Sprintf("labrpc: cannot encode a message of the lab: %v", err))
	}
	return m.encoded
}

// Fields returns the fields of the message.
func (m Message) Fields() Fields {
	if m.encoded != nil {
		return m.encoded.Fields
	}
	fields, _ := contentOf(m.pointer)
	return fields
}

// Set sets a field that is an integer of any kind, or a bool (0 is false). The message
// must have such a field.
func (m Message) Set(name string, value int64) {
	switch f := m.field(name); {
	case f.CanInt():
		f.SetInt(value)
	case f.CanUint():
		f.SetUint(uint64(value))
	case f.Kind() == reflect.Bool:
		f.SetBool(value != 0)
	default:
		panic(fmt.Sprintf("labrpc: field %s has type %s; expected an integer or a bool", name, f.Type()))
	}
}

// SetBytes sets a field that is a slice of bytes. The message must have such a field.
func (m Message) SetBytes(name string, value []byte) { m.field(name).SetBytes(value) }

// field returns a field that can be set. It allocates the embedded structs on the path
// to it that are nil pointers.
func (m Message) field(name string) reflect.Value {
	v := m.pointer.Elem()
	if m.shape != nil {
		if f := m.shape.field(v, name); f.IsValid() {
			return f
		}
		panic(fmt.Sprintf("labrpc: the remote message has no field %s that the lab can set", name))
	}
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
