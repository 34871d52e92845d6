package labgob

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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

// plain is what gob alone makes of a value.
func plain(t *testing.T, v any) []byte {
	var w bytes.Buffer
	require.NoError(t, gob.NewEncoder(&w).Encode(v))
	return w.Bytes()
}

// same checks that a message has the length that gob gives it, and that it
// arrives as one of gob's does. Maps have no order, so bytes may be in another.
func same(t *testing.T, v any) {
	t.Helper()
	for range 3 {
		message, err := Marshal(v)
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
		require.NoError(t, Unmarshal(message, got))
		require.Equal(t, expected, got)
	}
}

// unordered tells whether a value holds a map of several entries, and whether
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
			_, err := Marshal(v)
			require.NoError(t, err)
			continue
		}
		same(t, v)
	}
}

// TestRandomMessagesAreThoseOfGob compares many values of random types.
func TestRandomMessagesAreThoseOfGob(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		of := randomType(r, 3)
		for range 4 {
			v := reflect.New(of).Elem()
			fill(r, v, 3)
			if v.Kind() == reflect.Pointer && v.IsNil() {
				continue // gob refuses it
			}
			same(t, v.Interface())
		}
	}
}

func randomType(r *rand.Rand, depth int) reflect.Type {
	basic := []reflect.Type{
		reflect.TypeFor[int](), reflect.TypeFor[bool](), reflect.TypeFor[string](), reflect.TypeFor[[]byte](),
		reflect.TypeFor[uint16](), reflect.TypeFor[float64](), reflect.TypeFor[int64](), reflect.TypeFor[any](),
	}
	if depth == 0 {
		return basic[r.IntN(len(basic)-1)]
	}
	switch r.IntN(6) {
	case 0:
		return reflect.SliceOf(randomType(r, depth-1))
	case 1:
		return reflect.MapOf(reflect.TypeFor[string](), randomType(r, depth-1))
	case 2:
		return reflect.ArrayOf(1+r.IntN(3), randomType(r, depth-1))
	default:
		var fields []reflect.StructField
		for i := range 1 + r.IntN(4) {
			of := randomType(r, depth-1)
			if r.IntN(5) == 0 {
				of = reflect.TypeFor[any]()
			}
			fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: of})
		}
		return reflect.StructOf(fields)
	}
}

// fill puts something into a value, zeros now and then.
func fill(r *rand.Rand, v reflect.Value, depth int) {
	if r.IntN(4) == 0 && v.Kind() != reflect.Interface {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(r.Int64() >> r.IntN(64))
	case reflect.Uint8, reflect.Uint16:
		v.SetUint(r.Uint64N(200))
	case reflect.Float64:
		v.SetFloat(r.Float64())
	case reflect.String:
		v.SetString(fmt.Sprint(r.IntN(1000)))
	case reflect.Slice:
		n := r.IntN(4)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(r, v.Index(i), depth)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i), depth)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for i := range r.IntN(3) {
			e := reflect.New(v.Type().Elem()).Elem()
			fill(r, e, depth)
			v.SetMapIndex(reflect.ValueOf(fmt.Sprint(i)), e)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i), depth)
		}
	case reflect.Interface:
		values := []any{1, "x", command{"k", "v", int64(r.IntN(5))}, []string{"a", "b"}, nesting{3}, nesting{command{Seq: 2}}}
		v.Set(reflect.ValueOf(values[r.IntN(len(values))]))
	}
}

// TestAnotherTypeIsRefusedAlike: what does not fit is refused, the first time
// and later.
func TestAnotherTypeIsRefusedAlike(t *testing.T) {
	message, err := Marshal(reply{1, true})
	require.NoError(t, err)
	for range 3 {
		var good reply
		require.NoError(t, Unmarshal(message, &good))
		var bad unlike
		require.ErrorContains(t, Unmarshal(message, &bad), "type mismatch")
	}
}

func TestBrokenMessagesAreRefused(t *testing.T) {
	message, err := Marshal(reply{1, true})
	require.NoError(t, err)
	for n := range len(message) {
		var r reply
		require.Error(t, Unmarshal(message[:n], &r), "the first %d bytes", n)
	}
	for _, b := range [][]byte{{}, {0}, {255}, {248, 1, 1, 1, 1, 1, 1, 1, 1}, {247, 1}} {
		var r reply
		require.Error(t, Unmarshal(b, &r))
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
				b, err := Marshal(&in)
				var out appendArgs
				if err == nil {
					err = Unmarshal(b, &out)
				}
				if err != nil || !reflect.DeepEqual(in, out) {
					t.Errorf("%+v became %+v: %v", in, out, err)
				}
			}
		})
	}
	group.Wait()
}

// FuzzUnmarshal compares what becomes of any bytes with what gob makes of them.
func FuzzUnmarshal(f *testing.F) {
	for _, v := range []any{reply{1, true}, reply{}, reply{Term: -5}} {
		b, _ := Marshal(v)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var ours, theirs reply
		err := gob.NewDecoder(bytes.NewReader(b)).Decode(&theirs)
		for range 2 {
			ours = reply{}
			if got := Unmarshal(b, &ours); (got == nil) != (err == nil) {
				t.Fatalf("labgob: %v, gob: %v", got, err)
			}
		}
		if err == nil && ours != theirs {
			t.Fatalf("%+v instead of %+v", ours, theirs)
		}
	})
}
