package labgob

import (
	"bytes"
	"encoding/gob"
	"io"
	"math/rand/v2"
	"reflect"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/internal/quiet"
)

// stream draws values that go into one stream: of any type, some that gob
// refuses, some that are left to it.
func stream(r *rand.Rand) (values []any) {
	for range 1 + r.IntN(6) {
		switch r.IntN(12) {
		case 0:
			values = append(values, []*int{new(int), nil}) // gob refuses nil there
		case 1:
			values = append(values, mixed{When: time.Unix(r.Int64N(1e9), 0).UTC(), Any: 5})
		case 2:
			values = append(values, appendArgs{Entries: []logEntry{{1, 1, unregistered{1}}}})
		case 3, 4:
			values = append(values, appendArgs{Term: r.IntN(9), Entries: []logEntry{{1, 1, nesting{command{Seq: 3}}}, {2, 2, nil}, {3, 3, []string{"x"}}}})
		default:
			v := reflect.New(randomType(r, 3)).Elem()
			fill(r, v, 3)
			values = append(values, v.Interface())
		}
	}
	return values
}

// rounds is fewer under the race detector, which takes ten times as long.
func rounds(n int) int {
	if quiet.RaceDetector {
		return n / 10
	}
	return n
}

type unregistered struct{ A int }

// TestStreamsAreThoseOfGob compares streams of several values: what is written,
// what is refused, and what is read, also by the other, into another type, from
// a reader that gives a byte at a time, and to the end.
func TestStreamsAreThoseOfGob(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range rounds(150) {
		values := stream(r)
		var ours, theirs bytes.Buffer
		e, g := NewEncoder(&ours), gob.NewEncoder(&theirs)
		exact := true
		var sent []any
		for _, v := range values {
			err, want := e.Encode(v), g.Encode(v)
			require.Equal(t, want == nil, err == nil, "%#v: labgob says %v, gob %v", v, err, want)
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
				"labgob": func(into []any) []any { return readAll(NewDecoder(bytes.NewReader(b)).Decode, into) },
				"bytes": func(into []any) []any {
					return readAll(NewDecoder(iotest.OneByteReader(bytes.NewReader(b))).Decode, into)
				},
			}
			for name, read := range readers {
				want := readAll(gob.NewDecoder(bytes.NewReader(b)).Decode, targets(r, sent, 7))
				require.Equal(t, want, read(targets(r, sent, 7)), name)
			}
		}
	}
}

// targets are what the values of a stream are read into: a fresh variable of
// each type, and something else every so often.
func targets(_ *rand.Rand, values []any, every int) (into []any) {
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
	r := rand.New(rand.NewPCG(5, 6))
	for range rounds(1500) {
		v := stream(r)[0]
		message, err := Marshal(v)
		if err != nil || len(message) > 4000 {
			continue
		}
		damaged := bytes.Clone(message)
		for range 1 + r.IntN(2) {
			switch at := r.IntN(len(damaged)); r.IntN(3) {
			case 0:
				damaged[at] ^= 1 << r.IntN(8)
			case 1:
				damaged = append(damaged[:at:at], damaged[at+1:]...)
			default:
				damaged = damaged[:at+1]
			}
		}
		ours, theirs := reflect.New(reflect.TypeOf(v)), reflect.New(reflect.TypeOf(v))
		want := gob.NewDecoder(bytes.NewReader(damaged)).Decode(theirs.Interface())
		got := Unmarshal(damaged, ours.Interface())
		require.Equal(t, want == nil, got == nil, "%#v as %x: labgob says %v, gob %v", v, damaged, got, want)
		if want == nil {
			require.Equal(t, theirs.Interface(), ours.Interface())
		}
	}
}

// TestAfterARefusalTheStreamGoesOn: gob has told what it describes by then.
func TestAfterARefusalTheStreamGoesOn(t *testing.T) {
	var w bytes.Buffer
	e := NewEncoder(&w)
	require.NoError(t, e.Encode(appendArgs{Entries: []logEntry{{1, 1, command{Key: "a"}}}}))
	require.Error(t, e.Encode([]*int{nil}))
	require.NoError(t, e.Encode(appendArgs{Entries: []logEntry{{2, 1, command{Key: "b"}}}}))
	d := NewDecoder(&w)
	for _, key := range []string{"a", "b"} {
		var got appendArgs
		require.NoError(t, d.Decode(&got))
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
	require.Panics(t, func() { Marshal(p) }, "as gob does")
	_, err := Marshal(nesting{p})
	require.Error(t, err)
}

type pointed struct{ A int }
