package fastgob

import (
	"bytes"
	"encoding/gob"
	"io"
	"reflect"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// streams generates values that go into one stream: of any type, some that gob refuses,
// some that are left to it.
func streams() *rapid.Generator[[]any] {
	random := rapid.Custom(func(t *rapid.T) any {
		return valuesOf(types(3).Draw(t, "type")).Draw(t, "value").Interface()
	})
	some := rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			return []*int{new(int), nil} // gob refuses nil there
		case 1:
			return mixed{When: time.Unix(rapid.Int64Range(0, 1e9).Draw(t, "when"), 0).UTC(), Any: 5}
		case 2:
			return appendArgs{Entries: []logEntry{{1, 1, unregistered{1}}}}
		}
		return appendArgs{Term: rapid.IntRange(0, 8).Draw(t, "term"), Entries: []logEntry{{1, 1, nesting{command{Seq: 3}}}, {2, 2, nil}, {3, 3, []string{"x"}}}}
	})
	return rapid.SliceOfN(rapid.OneOf(random, random, some), 1, 6)
}

type unregistered struct{ A int }

// TestStreamsAreThoseOfGob compares streams of several values: what is written,
// what is refused, and what is read, also by the other, into another type, from
// a reader that gives a byte at a time, and to the end.
func TestStreamsAreThoseOfGob(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := streams().Draw(t, "values")
		var ours, theirs bytes.Buffer
		encode, g := encoder(&ours), gob.NewEncoder(&theirs)
		exact := true
		var sent []any
		for _, v := range values {
			err, want := encode(v), g.Encode(v)
			require.Equal(t, want == nil, err == nil, "%#v: fastgob says %v, gob %v", v, err, want)
			several, _ := unordered(reflect.ValueOf(v))
			exact = exact && !several
			if err == nil {
				sent = append(sent, v)
			}
		}
		if exact {
			require.Equal(t, theirs.Bytes(), ours.Bytes(), "%#v", values)
		}
		for _, b := range [][]byte{ours.Bytes(), theirs.Bytes()} {
			readers := map[string]func([]any) []any{
				"fastgob": func(into []any) []any { return readAll(decoder(bytes.NewReader(b)), into) },
				"bytes": func(into []any) []any {
					return readAll(decoder(iotest.OneByteReader(bytes.NewReader(b))), into)
				},
			}
			for name, read := range readers {
				want := readAll(gob.NewDecoder(bytes.NewReader(b)).Decode, targets(sent, 7))
				require.Equal(t, want, read(targets(sent, 7)), name)
			}
		}
	})
}

// targets are what the values of a stream are read into: a fresh variable of
// each type, and something else every so often.
func targets(values []any, every int) (into []any) {
	for i, v := range values {
		if len(values)%every == i+1 {
			into = append(into, &struct{ Term, Missing int }{})
			continue
		}
		into = append(into, reflect.New(reflect.TypeOf(v)).Interface())
	}
	return append(into, new(int)) // beyond the end
}

// readAll reads values and whether each could be read.
func readAll(decode func(any) error, into []any) (got []any) {
	for _, v := range into {
		err := decode(v)
		if err == nil {
			got = append(got, v)
		}
		got = append(got, err == nil, err == io.EOF)
	}
	return got
}

// TestDamagedMessagesAreReadAsGobDoes: whatever is changed, both refuse it or
// both read the same.
func TestDamagedMessagesAreReadAsGobDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := streams().Draw(t, "values")[0]
		message, err := marshal(v)
		if err != nil || len(message) > 4000 {
			return
		}
		for range 15 {
			damaged := bytes.Clone(message)
			for range rapid.IntRange(1, 2).Draw(t, "changes") {
				switch at := rapid.IntRange(0, len(damaged)-1).Draw(t, "at"); rapid.IntRange(0, 2).Draw(t, "change") {
				case 0:
					damaged[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
				case 1:
					if len(damaged) > 1 {
						damaged = append(damaged[:at:at], damaged[at+1:]...)
					}
				default:
					damaged = damaged[:at+1]
				}
			}
			ours, theirs := reflect.New(reflect.TypeOf(v)), reflect.New(reflect.TypeOf(v))
			want := gob.NewDecoder(bytes.NewReader(damaged)).Decode(theirs.Interface())
			got := unmarshal(damaged, ours.Interface())
			require.Equal(t, want == nil, got == nil, "%#v as %x: fastgob says %v, gob %v", v, damaged, got, want)
			if want == nil {
				require.Equal(t, theirs.Interface(), ours.Interface())
			}
		}
	})
}

// TestAfterARefusalTheStreamGoesOn: gob has told what it describes by then.
func TestAfterARefusalTheStreamGoesOn(t *testing.T) {
	var w bytes.Buffer
	encode := encoder(&w)
	require.NoError(t, encode(appendArgs{Entries: []logEntry{{1, 1, command{Key: "a"}}}}))
	require.Error(t, encode([]*int{nil}))
	require.NoError(t, encode(appendArgs{Entries: []logEntry{{2, 1, command{Key: "b"}}}}))
	decode := decoder(&w)
	for _, key := range []string{"a", "b"} {
		var got appendArgs
		require.NoError(t, decode(&got))
		require.Equal(t, command{Key: key}, got.Entries[0].Command)
	}
}

// TestAPointerIsSentAsWhatItPointsTo, in an interface too.
func TestAPointerIsSentAsWhatItPointsTo(t *testing.T) {
	gob.Register(&pointed{})
	for _, v := range []any{
		nesting{&pointed{3}}, nesting{pointed{4}}, []any{&pointed{5}, pointed{6}},
	} {
		same(t, v)
	}
	var p *reply
	require.Panics(t, func() { marshal(p) }, "as gob does")
	_, err := marshal(nesting{p})
	require.Error(t, err)
}

type pointed struct{ A int }
