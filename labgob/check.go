package labgob

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"sync"

	"raftlab/internal/fastgob"
)

// warned remembers which types were warned about.
var warned sync.Map // reflect.Type → struct{}

// check refuses types that cannot be encoded and warns, once, about fields
// that would be left out in silence.
func check(t reflect.Type) error {
	if err := walk(t, t.String(), map[reflect.Type]bool{}); err != nil {
		return err
	}
	for _, h := range hidden(t, map[reflect.Type]bool{}) {
		warn(h.of, "%s of %s begins with a small letter,\n  so it is not sent or saved: a receiver, or a server that restarts, finds a zero there.\n  Begin it with a capital", strings.Join(h.fields, ", "), h.of)
	}
	return nil
}

// walk returns an error that names the first part of t that cannot be encoded.
func walk(t reflect.Type, path string, seen map[reflect.Type]bool) error {
	if seen[t] || fastgob.EncodesItself(t) {
		return nil
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return fmt.Errorf("%s is a %s, which cannot be sent or saved: leave it out of the struct", path, t.Kind())
	case reflect.Struct:
		sent := t.NumField() == 0 // gob takes a struct without fields
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() {
				sent = true
				if err := walk(f.Type, path+"."+f.Name, seen); err != nil {
					return err
				}
			}
		}
		if !sent {
			return fmt.Errorf("every field of %s begins with a small letter, so nothing of it can be sent or saved: begin those that matter with a capital", path)
		}
	case reflect.Map:
		if err := walk(t.Key(), path+" (its keys)", seen); err != nil {
			return err
		}
		return walk(t.Elem(), path+"[...]", seen)
	case reflect.Slice, reflect.Array:
		return walk(t.Elem(), path+"[...]", seen)
	case reflect.Pointer:
		return walk(t.Elem(), path, seen)
	}
	return nil
}

// hiddenFields are the fields of one struct type that gob leaves out.
type hiddenFields struct {
	of     reflect.Type
	fields []string
}

// hidden lists the struct types within t that have fields gob leaves out.
func hidden(t reflect.Type, seen map[reflect.Type]bool) (all []hiddenFields) {
	if seen[t] || fastgob.EncodesItself(t) {
		return nil
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Struct:
		here := hiddenFields{of: t}
		for i := range t.NumField() {
			f := t.Field(i)
			if f.IsExported() {
				all = append(all, hidden(f.Type, seen)...)
			} else if f.Name != "_" {
				here.fields = append(here.fields, f.Name)
			}
		}
		if here.fields != nil {
			all = append(all, here)
		}
	case reflect.Map:
		return append(hidden(t.Key(), seen), hidden(t.Elem(), seen)...)
	case reflect.Slice, reflect.Array, reflect.Pointer:
		return hidden(t.Elem(), seen)
	}
	return all
}

// warnIfUsed warns, once for each type, when the target of a Decode is not zero.
func warnIfUsed(target reflect.Value) {
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return
	}
	v := target.Elem()
	if v.IsZero() || isDefault(v) {
		return
	}
	warn(target.Type(), "decoding into a %s that already holds something: zeros are not sent, so what it held stays wherever the message has a zero. Decode into a fresh variable (a reply is used once)", v.Type())
}

// isDefault reports whether decoding into v could leave nothing behind: v holds only zeros,
// and maps and slices that are empty.
func isDefault(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Map, reflect.Slice:
		return v.Len() == 0
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && !isDefault(v.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Pointer:
		return v.IsNil() || isDefault(v.Elem())
	default:
		return v.IsZero()
	}
}

// warn prints a warning unless there was one for this type.
func warn(about reflect.Type, format string, args ...any) {
	if _, again := warned.LoadOrStore(about, struct{}{}); !again {
		fmt.Fprintf(os.Stderr, "labgob warning: "+format+".\n", args...)
	}
}
