package labrpc

import (
	"cmp"
	"reflect"
	"slices"
)

// Handler describes a method of a server that can be called from others.
type Handler struct {
	Name        string // such as "Raft.RequestVote"
	Args, Reply Shape
}

// Shape is what the exported fields of a struct are, by their names.
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
			all = append(all, Handler{svc.name + "." + short, shapeOf(m.args), shapeOf(m.reply)})
		}
	}
	slices.SortFunc(all, func(a, b Handler) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func shapeOf(t reflect.Type) Shape {
	shape := Shape{}
	if t.Kind() != reflect.Struct {
		return shape
	}
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() {
			shape[f.Name] = f.Type.Kind()
		}
	}
	return shape
}
