package sanitize

import "reflect"

// Each replaces every text in what pointer points at, keys of maps included. Equal
// texts stay equal, so that what names something else still does. Types of their
// own, such as the class of a failure, are the grader's words and stay.
func Each(pointer any, by func(text string) string) { each(reflect.ValueOf(pointer).Elem(), by) }

func each(v reflect.Value, by func(string) string) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() && v.CanSet() {
			v.SetString(by(v.String()))
		}
	case reflect.Pointer:
		each(v.Elem(), by) // of nil there is none, which is no kind below
	case reflect.Slice:
		for i := range v.Len() {
			each(v.Index(i), by)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				each(v.Field(i), by)
			}
		}
	case reflect.Interface:
		if !v.IsNil() {
			v.Set(replaced(v.Elem(), by))
		}
	case reflect.Map:
		if v.IsNil() {
			return
		}
		all := reflect.MakeMap(v.Type())
		for key, element := range v.Seq2() {
			all.SetMapIndex(replaced(key, by), replaced(element, by))
		}
		v.Set(all)
	}
}

// replaced returns a copy of a value that cannot be set where it is, replaced.
func replaced(v reflect.Value, by func(string) string) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	each(c, by)
	return c
}
