package fastgob

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Types such as messages are made of.
type (
	reply struct {
		Term    int
		Success bool
	}
	logEntry struct {
		Index, Term int
		Command     any
	}
	appendArgs struct {
		Term, Leader int
		Entries      []logEntry
		Commit       int
	}
	command struct {
		Key, Value string
		Seq        int64
	}
	nesting struct{ Inner any }
	mixed   struct {
		Names  map[string][]int
		Next   *mixed
		Any    any
		Floats [3]float64
		When   time.Time
		Bytes  []byte
		Small  uint8
	}
	unlike struct{ Completely string }
)

func init() {
	gob.Register(command{})
	gob.Register(nesting{})
	gob.Register([]string{})
}

// known is what the tests have learned of types, none of which is refused.
var known = New(func(reflect.Type) error { return nil })

func marshal(v any) ([]byte, error) { return known.Marshal(reflect.ValueOf(v)) }

func unmarshal(message []byte, v any) error { return known.Unmarshal(message, reflect.ValueOf(v)) }

// encoder returns the method Encode that a [gob.Encoder] would have.
func encoder(w io.Writer) func(v any) error {
	e := known.NewEncoder(w)
	return func(v any) error { return e.EncodeValue(reflect.ValueOf(v)) }
}

// decoder returns the method Decode that a [gob.Decoder] would have.
func decoder(r io.Reader) func(v any) error {
	d := known.NewDecoder(r)
	return func(v any) error { return d.DecodeValue(reflect.ValueOf(v)) }
}

// plain is what gob alone makes of a value.
func plain(t require.TestingT, v any) []byte {
	var w bytes.Buffer
	require.NoError(t, gob.NewEncoder(&w).Encode(v))
	return w.Bytes()
}

// same checks that a message has the length that gob gives it, and that it
// arrives as one of gob's does. Maps have no order, so bytes may be in another.
func same(t require.TestingT, v any) {
	if h, ok := t.(interface{ Helper() }); ok {
		h.Helper()
	}
	for range 3 {
		message, err := marshal(v)
		require.NoError(t, err)
		want := plain(t, v)
		value := reflect.Indirect(reflect.ValueOf(v))
		of := value.Type()
		if several, mixed := unordered(value); !several {
			require.Equal(t, want, message, "%+v", v)
		} else if !mixed { // or else gob's own length goes by the order of maps
			require.Len(t, message, len(want), "%+v", v)
		}
		got, expected := reflect.New(of).Interface(), reflect.New(of).Interface()
		require.NoError(t, gob.NewDecoder(bytes.NewReader(want)).Decode(expected))
		require.NoError(t, unmarshal(message, got))
		require.Equal(t, expected, got)
	}
}

// unordered reports whether a value holds a map of several entries, and whether
// one of those has something in an interface.
func unordered(v reflect.Value) (several, mixed bool) {
	inside := func(of ...reflect.Value) {
		for _, v := range of {
			s, m := unordered(v)
			several, mixed = several || s, mixed || m
		}
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			inside(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			inside(v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			inside(v.Index(i))
		}
	case reflect.Map:
		several = v.Len() > 1
		mixed = several && strings.Contains(v.Type().String(), "interface {}")
		for it := v.MapRange(); it.Next(); {
			inside(it.Key(), it.Value())
		}
	}
	return several, mixed
}

func TestMessagesAreThoseOfGob(t *testing.T) {
	for _, v := range []any{
		reply{}, reply{3, true}, &reply{300, false}, 7, "seven", []byte{1, 2}, map[string]int{"a": 1}, map[string]int{},
		appendArgs{}, appendArgs{Term: 1},
		appendArgs{Entries: []logEntry{{1, 1, 5}, {2, 1, "x"}}},
		appendArgs{Entries: []logEntry{{1, 1, command{"k", "v", 9}}}},
		appendArgs{Entries: []logEntry{{1, 1, []string{"a"}}, {2, 2, command{"k", "v", 9}}}},
		appendArgs{Entries: []logEntry{{1, 1, command{"k", "v", 9}}, {2, 2, []string{"a"}}}},
		appendArgs{Entries: []logEntry{{1, 1, nesting{command{"k", "v", 9}}}}},
		appendArgs{Entries: []logEntry{{1, 1, nesting{nesting{7}}}, {2, 1, nesting{command{}}}}},
		appendArgs{Entries: []logEntry{{1, 1, nil}}},
		mixed{}, mixed{Next: &mixed{Small: 3}, Any: command{}, Names: map[string][]int{"x": {1, 2}}, When: time.Unix(5, 6).UTC()},
	} {
		if e, ok := v.(appendArgs); ok && len(e.Entries) > 0 && e.Entries[0].Command == nil {
			_, err := marshal(v)
			require.NoError(t, err)
			continue
		}
		same(t, v)
	}
}

// TestRandomMessagesAreThoseOfGob compares values of any types.
func TestRandomMessagesAreThoseOfGob(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := types(3).Draw(t, "type")
		for range 4 {
			v := valuesOf(of).Draw(t, "value")
			if v.Kind() == reflect.Pointer && v.IsNil() {
				continue // gob refuses it
			}
			same(t, v.Interface())
		}
	})
}

// basic are the types that others are made of.
var basic = []reflect.Type{
	reflect.TypeFor[int](), reflect.TypeFor[bool](), reflect.TypeFor[string](), reflect.TypeFor[[]byte](),
	reflect.TypeFor[uint16](), reflect.TypeFor[float64](), reflect.TypeFor[int64](),
}

// types generates types that are nested so deep at most.
func types(depth int) *rapid.Generator[reflect.Type] {
	if depth == 0 {
		return rapid.SampledFrom(basic)
	}
	inner := rapid.Deferred(func() *rapid.Generator[reflect.Type] { return types(depth - 1) })
	fields := rapid.SliceOfN(rapid.OneOf(inner, inner, inner, inner, rapid.Just(reflect.TypeFor[any]())), 1, 4)
	structs := rapid.Map(fields, func(of []reflect.Type) reflect.Type {
		var all []reflect.StructField
		for i, t := range of {
			all = append(all, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: t})
		}
		return reflect.StructOf(all)
	})
	return rapid.OneOf(
		structs, structs, structs,
		rapid.Map(inner, reflect.SliceOf),
		rapid.Map(inner, func(of reflect.Type) reflect.Type { return reflect.MapOf(reflect.TypeFor[string](), of) }),
		rapid.Custom(func(t *rapid.T) reflect.Type {
			return reflect.ArrayOf(rapid.IntRange(1, 3).Draw(t, "length"), inner.Draw(t, "of"))
		}),
	)
}

// held are values that an interface can hold.
var held = []any{1, "x", command{"k", "v", 0}, command{"k", "v", 4}, []string{"a", "b"}, nesting{3}, nesting{command{Seq: 2}}}

// valuesOf generates values of a type, with zeros now and then.
func valuesOf(of reflect.Type) *rapid.Generator[reflect.Value] {
	return rapid.Custom(func(t *rapid.T) reflect.Value {
		v := reflect.New(of).Elem()
		fill(t, v)
		return v
	})
}

func fill(t *rapid.T, v reflect.Value) {
	if v.Kind() != reflect.Interface && rapid.IntRange(0, 3).Draw(t, "zero") == 0 {
		return
	}
	each := func() {
		for i := range v.Len() {
			fill(t, v.Index(i))
		}
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "int"))
	case reflect.Uint8, reflect.Uint16:
		v.SetUint(uint64(rapid.Uint8().Draw(t, "uint")))
	case reflect.Float64:
		v.SetFloat(rapid.Float64().Draw(t, "float"))
	case reflect.String:
		v.SetString(rapid.String().Draw(t, "string"))
	case reflect.Slice:
		n := rapid.IntRange(0, 3).Draw(t, "length")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		each()
	case reflect.Array:
		each()
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for i := range rapid.IntRange(0, 2).Draw(t, "length") {
			e := reflect.New(v.Type().Elem()).Elem()
			fill(t, e)
			v.SetMapIndex(reflect.ValueOf(fmt.Sprint(i)), e)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf(rapid.SampledFrom(held).Draw(t, "any")))
	}
}

// TestAnotherTypeIsRefusedAlike: what does not fit is refused, the first time
// and later.
func TestAnotherTypeIsRefusedAlike(t *testing.T) {
	message, err := marshal(reply{1, true})
	require.NoError(t, err)
	for range 3 {
		var good reply
		require.NoError(t, unmarshal(message, &good))
		var bad unlike
		require.ErrorContains(t, unmarshal(message, &bad), "type mismatch")
	}
}

func TestBrokenMessagesAreRefused(t *testing.T) {
	message, err := marshal(reply{1, true})
	require.NoError(t, err)
	for n := range len(message) {
		var r reply
		require.Error(t, unmarshal(message[:n], &r), "the first %d bytes", n)
	}
	for _, b := range [][]byte{{}, {0}, {255}, {248, 1, 1, 1, 1, 1, 1, 1, 1}, {247, 1}} {
		var r reply
		require.Error(t, unmarshal(b, &r))
	}
}

func TestMessagesFromManyGoroutines(t *testing.T) {
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 200 {
				in := appendArgs{Term: g, Commit: i}
				if i%3 == 0 {
					in.Entries = []logEntry{{i, g, command{"k", fmt.Sprint(g), int64(i)}}}
				}
				b, err := marshal(&in)
				var out appendArgs
				if err == nil {
					err = unmarshal(b, &out)
				}
				if err != nil || !reflect.DeepEqual(in, out) {
					t.Errorf("%+v became %+v: %v", in, out, err)
				}
			}
		})
	}
	group.Wait()
}

// FuzzUnmarshal compares the decoding of any bytes with that of gob.
func FuzzUnmarshal(f *testing.F) {
	for _, v := range []any{reply{1, true}, reply{}, reply{Term: -5}} {
		b, _ := marshal(v)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var ours, theirs reply
		err := gob.NewDecoder(bytes.NewReader(b)).Decode(&theirs)
		for range 2 {
			ours = reply{}
			if got := unmarshal(b, &ours); (got == nil) != (err == nil) {
				t.Fatalf("fastgob: %v, gob: %v", got, err)
			}
		}
		if err == nil && ours != theirs {
			t.Fatalf("%+v instead of %+v", ours, theirs)
		}
	})
}
