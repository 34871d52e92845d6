package labrpc

import (
	"errors"
	"fmt"
	"go/token"
	"reflect"
	"slices"

	"raftlab/internal/gobstream"
	"raftlab/internal/plain"
	"raftlab/labgob"
)

// Servers need not be in this process. A remote server describes its handlers, and its
// messages are bytes. The fields that observers see are read from these bytes.

// Encoded is an encoded message with the fields that were read from it.
type Encoded struct {
	Bytes  []byte // as [labgob.Marshal] returns them
	Fields Fields
	Rest   Details
	print  uint64 // see [gobstream.Value.Fingerprint]
}

// RemoteField is a field in a message of a remote handler; see [Fields].
type RemoteField struct {
	Path []string // the names of the embedded structs around it, then its own name
	Kind reflect.Kind
}

// RemoteHandler is a handler of a remote server.
type RemoteHandler struct {
	Name        string // without the name of the service
	Args, Reply []RemoteField
}

// The limits of the description of a handler.
const (
	maxRemoteFields = 100 // fields of one message
	maxRemotePath   = 8   // names in the path of a field
	maxRemoteName   = 200 // bytes of a name
)

// RemoteService is a service of a remote server.
type RemoteService struct {
	Name     string
	Handlers []RemoteHandler
	// Handle passes a request to the server. It must not block. If the server replies,
	// answer is called once with the reply.
	Handle func(method string, request []byte, answer func(*Encoded))
}

// Service returns a service whose handlers are remote. The description may be that of an
// untrusted program: an invalid description is an error.
func (r RemoteService) Service() (*Service, error) {
	svc := &Service{name: r.Name, methods: map[string]*method{}}
	if !isName(r.Name) {
		return nil, fmt.Errorf("%s is not a valid name for a service", short(r.Name))
	}
	for _, h := range r.Handlers {
		if !isName(h.Name) || !token.IsExported(h.Name) || svc.methods[h.Name] != nil {
			return nil, fmt.Errorf("%s is not a valid name for a handler, or two handlers have it", short(h.Name))
		}
		full := r.Name + "." + h.Name
		m := &method{remote: &remote{}}
		var err error
		if m.remote.args, err = newRemoteShape(h.Args); err != nil {
			return nil, fmt.Errorf("the arguments of %s: %w", full, err)
		}
		if m.remote.reply, err = newRemoteShape(h.Reply); err != nil {
			return nil, fmt.Errorf("the reply of %s: %w", full, err)
		}
		m.remote.handle = func(request []byte, answer func(*Encoded)) { r.Handle(full, request, answer) }
		svc.methods[h.Name] = m
	}
	return svc, nil
}

// Args reads the arguments of a call to a method, such as "RequestVote".
func (svc *Service) Args(method string, message []byte) (*Encoded, error) {
	m, ok := svc.methods[method]
	if !ok || m.remote == nil {
		return nil, fmt.Errorf("there is no handler %s.%s", svc.name, short(method))
	}
	return m.remote.args.read(message)
}

// Reply reads a reply from a method.
func (svc *Service) Reply(method string, message []byte) (*Encoded, error) {
	m, ok := svc.methods[method]
	if !ok || m.remote == nil {
		return nil, fmt.Errorf("there is no handler %s.%s", svc.name, short(method))
	}
	return m.remote.reply.read(message)
}

// Has reports whether there is a handler for a method, such as "RequestVote".
func (svc *Service) Has(method string) bool { return svc.methods[method] != nil }

// EncodedOnly reads a message whose fields are not known.
func EncodedOnly(message []byte) (*Encoded, error) { return (&remoteShape{}).read(message) }

// Name returns the name of the service.
func (svc *Service) Name() string { return svc.name }

// isName reports whether a type or a method can have that name.
func isName(name string) bool { return len(name) <= maxRemoteName && token.IsIdentifier(name) }

func short(name string) string { return fmt.Sprintf("%.60q", name) }

// remote is a method of a remote server.
type remote struct {
	args, reply *remoteShape
	handle      func(request []byte, answer func(*Encoded))
}

// remoteShape is a server's description of a message.
type remoteShape struct {
	fields []RemoteField
	shape  Shape
	// plain is a struct of the fields that the lab can set.
	plain reflect.Type
}

// scalars are the types of fields that the lab can set.
var scalars = map[reflect.Kind]reflect.Type{
	reflect.Bool: reflect.TypeFor[bool](),
	reflect.Int:  reflect.TypeFor[int](), reflect.Int8: reflect.TypeFor[int8](), reflect.Int16: reflect.TypeFor[int16](), reflect.Int32: reflect.TypeFor[int32](), reflect.Int64: reflect.TypeFor[int64](),
	reflect.Uint: reflect.TypeFor[uint](), reflect.Uint8: reflect.TypeFor[uint8](), reflect.Uint16: reflect.TypeFor[uint16](), reflect.Uint32: reflect.TypeFor[uint32](), reflect.Uint64: reflect.TypeFor[uint64](), reflect.Uintptr: reflect.TypeFor[uintptr](),
}

// Bytes is the kind of a field that holds a slice of bytes. Other slices have the kind
// [reflect.Slice].
const Bytes = reflect.Kind(1 << 7)

func newRemoteShape(fields []RemoteField) (*remoteShape, error) {
	if len(fields) > maxRemoteFields {
		return nil, fmt.Errorf("%d fields; expected at most %d", len(fields), maxRemoteFields)
	}
	s := &remoteShape{shape: Shape{}}
	top := &remoteStruct{}
	for _, f := range fields {
		if len(f.Path) == 0 || len(f.Path) > maxRemotePath {
			return nil, fmt.Errorf("a field has a path of %d names; expected 1 to %d", len(f.Path), maxRemotePath)
		}
		for _, name := range f.Path {
			if !isName(name) || !token.IsExported(name) {
				return nil, fmt.Errorf("%s is not a valid name for a field", short(name))
			}
		}
		name := f.Path[len(f.Path)-1]
		if s.shape[name] != reflect.Invalid {
			return nil, fmt.Errorf("two fields have the name %s", short(name))
		}
		kind := f.Kind
		if kind == Bytes {
			kind = reflect.Slice
		}
		if kind == reflect.Invalid || kind > reflect.UnsafePointer {
			return nil, fmt.Errorf("field %s has the unknown kind %d", short(name), f.Kind)
		}
		s.shape[name] = kind
		s.fields = append(s.fields, f)
		t := scalars[f.Kind]
		if f.Kind == Bytes {
			t = reflect.TypeFor[[]byte]()
		}
		if t != nil && !top.add(f.Path, t) {
			return nil, fmt.Errorf("field %s is described as a struct and as something else", short(name))
		}
	}
	s.plain = top.build()
	return s, nil
}

// remoteStruct is a struct type under construction.
type remoteStruct struct {
	names  []string
	fields map[string]reflect.Type
	inner  map[string]*remoteStruct
}

// add adds a field. It returns false if the struct has a field with that name.
func (s *remoteStruct) add(path []string, t reflect.Type) bool {
	name := path[0]
	if s.fields == nil {
		s.fields, s.inner = map[string]reflect.Type{}, map[string]*remoteStruct{}
	}
	if s.fields[name] != nil || len(path) == 1 && s.inner[name] != nil {
		return false
	}
	if s.inner[name] == nil {
		s.names = append(s.names, name)
	}
	if len(path) == 1 {
		s.fields[name] = t
		return true
	}
	if s.inner[name] == nil {
		s.inner[name] = &remoteStruct{}
	}
	return s.inner[name].add(path[1:], t)
}

// build returns the struct type.
func (s *remoteStruct) build() reflect.Type {
	var fields []reflect.StructField
	for _, name := range s.names {
		t := s.fields[name]
		if in := s.inner[name]; in != nil {
			t = in.build()
		}
		fields = append(fields, reflect.StructField{Name: name, Type: t})
	}
	return reflect.StructOf(fields)
}

// field returns the field with that name in v, a value of type s.plain.
func (s *remoteShape) field(v reflect.Value, name string) reflect.Value {
	for _, f := range s.fields {
		if f.Path[len(f.Path)-1] == name {
			for _, step := range f.Path {
				if v = v.FieldByName(step); !v.IsValid() {
					break
				}
			}
			return v
		}
	}
	return reflect.Value{}
}

// read reads a message.
func (s *remoteShape) read(message []byte) (*Encoded, error) {
	v, err := gobstream.Parse(message)
	if err != nil {
		return nil, err
	}
	e := &Encoded{Bytes: message, print: v.Fingerprint(), Fields: make(Fields, 0, len(s.fields))}
	for _, f := range s.fields {
		at, there := v, true
		for _, name := range f.Path {
			if at, there = at.Get(name); !there {
				break
			}
		}
		name := f.Path[len(f.Path)-1]
		number, rest := f.counts()
		if number {
			n := int64(0)
			if there {
				n = at.Number()
			}
			e.Fields = append(e.Fields, Field{name, n})
		}
		if rest && there {
			e.Rest = append(e.Rest, Detail{name, plain.Later(at.AppendJSON)})
		}
	}
	return e, nil
}

// counts reports whether a field is in Fields, and whether it is in Details; see newLayout.
func (f RemoteField) counts() (number, rest bool) {
	switch f.Kind {
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return false, false
	case reflect.Struct, reflect.Pointer, reflect.Interface, reflect.Map, reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return false, true
	case reflect.String, reflect.Slice, reflect.Array:
		return true, true
	}
	return true, false
}

// DescribeService returns the description of a receiver's service for another process. The
// receiver may be a nil pointer.
func DescribeService(receiver any) (r RemoteService) {
	svc := MakeService(receiver)
	r.Name = svc.name
	for name, m := range svc.methods {
		r.Handlers = append(r.Handlers, RemoteHandler{name, describeRemote(m.args), describeRemote(m.reply)})
	}
	slices.SortFunc(r.Handlers, func(a, b RemoteHandler) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return r
}

// describeRemote lists the fields of a message.
func describeRemote(t reflect.Type) (fields []RemoteField) {
	if t.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range plain.Fields(t) {
		remote := RemoteField{Kind: f.Type.Kind()}
		if remote.Kind == reflect.Slice && f.Type.Elem().Kind() == reflect.Uint8 {
			remote.Kind = Bytes
		}
		at := t
		for _, i := range f.Index {
			if at.Kind() == reflect.Pointer {
				at = at.Elem()
			}
			remote.Path = append(remote.Path, at.Field(i).Name)
			at = at.Field(i).Type
		}
		fields = append(fields, remote)
	}
	return fields
}

// RemoteEnd returns an end that encodes each request and passes it to call, which returns
// the encoded reply.
func RemoteEnd(call func(method string, request []byte) (reply []byte, ok bool)) *ClientEnd {
	return &ClientEnd{func(method string, args, reply any) bool {
		growStack()
		request, err := labgob.Marshal(args)
		if err != nil {
			panic(fmt.Sprintf("labrpc: the arguments of %s: %v", method, err))
		}
		answer, ok := call(method, request)
		if !ok {
			return false
		}
		if err := labgob.Unmarshal(answer, reply); err != nil {
			panic(fmt.Sprintf("labrpc: the reply of %s does not fit into a %T: %v", method, reply, err))
		}
		return true
	}}
}

// Serve handles an encoded request and passes the encoded reply to answer. It returns
// false if there is no such handler.
func (s *Server) Serve(method string, request []byte, answer func(reply []byte)) bool {
	if s.find(method) == nil {
		return false
	}
	s.handle(method, request, func(reply any) {
		encoded, err := labgob.Marshal(reply)
		if err != nil {
			panic(fmt.Sprintf("labrpc: the reply of %s: %v", method, err))
		}
		answer(encoded)
	})
	return true
}

// Posted is a call that was sent.
type Posted struct{ call *call }

// Post sends a call from the end of a remote sender. It does not block.
func (n *Network) Post(end *ClientEnd, link Link, method string, args *Encoded) Posted {
	return Posted{n.begin(&endpoint{owner: end, name: link, link: link}, method, args)}
}

// Wait waits for the reply, as [ClientEnd.Call] does. It returns an error if the server
// has no such method.
func (p Posted) Wait() (reply *Encoded, ok bool, err error) {
	p.call.refused = func(why string) { err = errors.New(why) }
	reply = &Encoded{}
	ok = p.call.finish(reply)
	return reply, ok, err
}
