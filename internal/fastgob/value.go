package fastgob

import "reflect"

// unfit is what giveUp panics with.
type unfit struct{}

// giveUp leaves a value to gob: one that gob refuses, or whose type is not one
// for a codec.
func giveUp() { panic(unfit{}) }

// attempt calls f and reports whether it did not give up.
func attempt(f func()) (ok bool) {
	defer func() {
		if problem := recover(); problem != nil {
			if _, ok := problem.(unfit); !ok {
				panic(problem)
			}
		} else {
			ok = true
		}
	}()
	f()
	return
}

// indirect follows pointers to their base, the zero Value if one is nil.
func indirect(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return reflect.Value{}
		}
		v = v.Elem()
	}
	return v
}

// allocate follows pointers to their base, and makes what is missing.
func allocate(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	return v
}
