package gobstream

import (
	"unicode/utf8"

	"raftlab/internal/gobwire"
)

// wireType is a type as a message describes it.
type wireType struct {
	kind      Kind
	key, elem int64 // type numbers of keys and elements
	fields    []wireField
}

// wireField is a field of a struct.
type wireField struct {
	name string
	of   int64
}

// basics are gob's built-in types, by number.
var basics = [...]*wireType{
	1: {kind: Bool}, 2: {kind: Int}, 3: {kind: Uint}, 4: {kind: Float}, 5: {kind: Bytes},
	6: {kind: String}, 7: {kind: Complex}, 8: {kind: Interface},
}

// firstType is the smallest number of a type that a message describes.
const firstType = 64

// The fields of gob's description of a type: one for each sort of type. Exactly one of
// them is set.
const (
	ofArray = iota
	ofSlice
	ofStruct
	ofMap
	ofGobEncoder
	ofBinaryMarshaler
	ofTextMarshaler
)

// describe reads the description of a type.
func (r *reader) describe(id int64) error {
	switch {
	case id < firstType:
		return errType
	case len(r.types) >= maxTypes:
		return errTypes
	case r.types[id] != nil:
		return errTwice
	}
	t := &wireType{}
	err := r.row(func(sort int) error {
		if t.kind != Nothing {
			return errType
		}
		switch sort {
		case ofArray, ofSlice:
			t.kind = List
			return r.row(func(field int) error { return r.part(field, nil, &t.elem) })
		case ofMap:
			t.kind = Map
			return r.row(func(field int) error { return r.part(field, nil, &t.key, &t.elem) })
		case ofStruct:
			t.kind = Struct
			return r.row(func(field int) error { return r.part(field, &t.fields) })
		case ofGobEncoder, ofBinaryMarshaler, ofTextMarshaler:
			t.kind = Opaque
			return r.row(func(field int) error { return r.part(field, nil) })
		}
		return errType
	})
	if err != nil {
		return err
	}
	if t.kind == Nothing {
		return errType
	}
	if r.types == nil {
		r.types = map[int64]*wireType{}
	}
	r.types[id] = t
	return nil
}

// row reads the numbered fields of a struct up to its end.
func (r *reader) row(read func(field int) error) error {
	for last := -1; ; {
		step, err := r.uint()
		if err != nil || step == 0 {
			return err
		}
		if step > 16 || last+int(step) > 16 {
			return errField
		}
		last += int(step)
		if err := read(last); err != nil {
			return err
		}
	}
}

// part reads one field of the description of a type: the common part, the fields of a
// struct, or the number of another type, which it stores in the next of ids. It skips the
// length of an array, which comes last.
func (r *reader) part(field int, fields *[]wireField, ids ...*int64) error {
	if field == 0 {
		return r.row(r.common)
	}
	if fields != nil {
		if field != 1 {
			return errField
		}
		return r.fieldList(fields)
	}
	u, err := r.uint()
	if err == nil && field-1 < len(ids) {
		*ids[field-1] = gobwire.Int(u)
	}
	return err
}

// common reads the name and the number of a type, which are not used here.
func (r *reader) common(field int) (err error) {
	switch field {
	case 0:
		_, err = r.bytes()
	case 1:
		_, err = r.uint()
	default:
		err = errField
	}
	return err
}

func (r *reader) fieldList(fields *[]wireField) error {
	n, err := r.uint()
	if err != nil {
		return err
	}
	if n > maxFields {
		return errFields
	}
	for range n {
		f := wireField{}
		err := r.row(func(field int) error {
			switch field {
			case 0:
				name, err := r.bytes()
				if err == nil && (len(name) > maxName || !utf8.Valid(name)) {
					err = errField
				}
				f.name = string(name)
				return err
			case 1:
				u, err := r.uint()
				f.of = gobwire.Int(u)
				return err
			}
			return errField
		})
		if err != nil {
			return err
		}
		*fields = append(*fields, f)
	}
	return nil
}
