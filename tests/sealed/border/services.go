package border

import (
	"encoding/binary"
	"reflect"

	"raftlab/labrpc"
)

// maxServices bounds the services of a server.
const maxServices = 8

// Services encodes the descriptions of a server's services.
func Services(all []labrpc.RemoteService) (b []byte) {
	b = binary.AppendUvarint(b, uint64(len(all)))
	for _, s := range all {
		b = appendText(b, s.Name)
		b = binary.AppendUvarint(b, uint64(len(s.Handlers)))
		for _, h := range s.Handlers {
			b = appendText(b, h.Name)
			b = appendFields(b, h.Args)
			b = appendFields(b, h.Reply)
		}
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendFields(b []byte, fields []labrpc.RemoteField) []byte {
	b = binary.AppendUvarint(b, uint64(len(fields)))
	for _, f := range fields {
		b = append(b, byte(f.Kind), byte(len(f.Path)))
		for _, name := range f.Path {
			b = appendText(b, name)
		}
	}
	return b
}

// ParseServices decodes descriptions of services. It does not check that they are
// possible; see [labrpc.RemoteService.Service].
func ParseServices(b []byte) (all []labrpc.RemoteService, err error) {
	r := &parts{rest: b}
	for range r.count(maxServices) {
		s := labrpc.RemoteService{Name: r.text()}
		for range r.count(len(r.rest)) {
			s.Handlers = append(s.Handlers, labrpc.RemoteHandler{Name: r.text(), Args: r.fields(), Reply: r.fields()})
		}
		all = append(all, s)
	}
	if r.bad || len(r.rest) > 0 {
		return nil, errMalformed
	}
	return all, nil
}

// parts reads the parts of a text. After a missing part it is bad, and all further parts
// are empty.
type parts struct {
	rest []byte
	bad  bool
}

// count reads the number of elements that follow. Each takes at least a byte.
func (r *parts) count(most int) int {
	n, width := binary.Uvarint(r.rest)
	if width <= 0 || n > uint64(most) || n > uint64(len(r.rest)) {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[width:]
	return int(n)
}

func (r *parts) text() string {
	n := r.count(len(r.rest))
	if n > len(r.rest) {
		r.bad, r.rest = true, nil
		return ""
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}

func (r *parts) byte() byte {
	if len(r.rest) == 0 {
		r.bad = true
		return 0
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

func (r *parts) fields() (fields []labrpc.RemoteField) {
	for range r.count(len(r.rest)) {
		f := labrpc.RemoteField{Kind: reflect.Kind(r.byte())}
		for range r.byte() {
			if r.bad {
				break
			}
			f.Path = append(f.Path, r.text())
		}
		fields = append(fields, f)
	}
	return fields
}
