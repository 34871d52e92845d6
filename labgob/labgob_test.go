package labgob

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

type point struct {
	X, Y int
	Tag  any
	note string
	age  int
}

type nested struct{ Points map[string][]*point }

type withChannel struct {
	Term  int
	Inner struct{ Done chan bool }
}

type withFunc struct{ F []func() }

type op struct{ Key string }

// stderr returns what f prints there.
func stderr(t *testing.T, f func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	old := os.Stderr
	os.Stderr = w
	f()
	os.Stderr = old
	require.NoError(t, w.Close())
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(b)
}

func TestRoundTrip(t *testing.T) {
	Register(op{})
	type message struct {
		Term    int
		Entries []any
	}
	in := message{3, []any{1, "x", op{"k"}}}
	b, err := Marshal(in)
	require.NoError(t, err)
	var out message
	require.NoError(t, Unmarshal(b, &out))
	require.Equal(t, in, out)
}

func TestStreamOfSeveralValues(t *testing.T) {
	w := new(bytes.Buffer)
	e := NewEncoder(w)
	require.NoError(t, e.Encode(7))
	require.NoError(t, e.Encode("seven"))
	d := NewDecoder(w)
	var n int
	var s string
	require.NoError(t, d.Decode(&n))
	require.NoError(t, d.Decode(&s))
	require.Equal(t, 7, n)
	require.Equal(t, "seven", s)
	require.ErrorIs(t, d.Decode(&n), io.EOF)
}

// TestEndOfStream: values are read in a loop until there are no more.
func TestEndOfStream(t *testing.T) {
	w := new(bytes.Buffer)
	e := NewEncoder(w)
	for n := range 3 {
		require.NoError(t, e.Encode([]op{{fmt.Sprint(n)}}))
	}
	d, read := NewDecoder(w), 0
	for {
		var got []op
		err := d.Decode(&got)
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		require.Equal(t, []op{{fmt.Sprint(read)}}, got)
		read++
	}
	require.Equal(t, 3, read)
}

func TestSmallLettersAreWarnedAboutOnce(t *testing.T) {
	encode := func() {
		_, err := Marshal(nested{map[string][]*point{"a": {{X: 1, note: "lost", age: 3}}}})
		require.NoError(t, err)
	}
	said := stderr(t, encode)
	require.Contains(t, said, "note, age of labgob.point begins with a small letter")
	require.Empty(t, stderr(t, encode))
}

// TestSmallLettersInAnInterfaceAreWarnedAbout: what an interface holds is checked when it
// is sent, though it was registered with gob.
func TestSmallLettersInAnInterfaceAreWarnedAbout(t *testing.T) {
	gob.Register(carried{})
	said := stderr(t, func() {
		_, err := Marshal(struct{ Command any }{carried{Key: "k", seq: 1}})
		require.NoError(t, err)
	})
	require.Contains(t, said, "seq of labgob.carried begins with a small letter")
}

type carried struct {
	Key string
	seq int
}

// name has a MarshalText, which gob does not ask.
type name struct {
	Last  string
	first string
}

func (n name) MarshalText() ([]byte, error) { return []byte(n.first), nil }

func TestATextOfItsOwnDoesNotSaveSmallLetters(t *testing.T) {
	said := stderr(t, func() { _, _ = Marshal(struct{ Of name }{name{first: "lost"}}) })
	require.Contains(t, said, "first of labgob.name begins with a small letter")
}

func TestUsedTargetIsWarnedAboutOnce(t *testing.T) {
	type reply struct{ Term int }
	b, err := Marshal(reply{})
	require.NoError(t, err)
	decode := func() {
		r := reply{Term: 5}
		require.NoError(t, Unmarshal(b, &r))
		require.Equal(t, 5, r.Term, "gob sends no zeros: this is the mistake")
	}
	said := stderr(t, decode)
	require.Contains(t, said, "labgob.reply that already holds something")
	require.Empty(t, stderr(t, decode))
}

func TestFreshTargetIsFine(t *testing.T) {
	type fresh struct {
		M map[int]int
		S []int
		P *int
	}
	b, err := Marshal(fresh{})
	require.NoError(t, err)
	require.Empty(t, stderr(t, func() {
		require.NoError(t, Unmarshal(b, &fresh{M: map[int]int{}, S: []int{}}))
	}))
}

func TestUnencodableFieldsAreNamed(t *testing.T) {
	for _, c := range []struct {
		value any
		says  string
	}{
		{withChannel{}, "labgob.withChannel.Inner.Done is a chan"},
		{&withFunc{}, "withFunc.F[...] is a func"},
		{make(chan int), "chan int is a chan"},
		{map[string]chan int{}, "[...] is a chan"},
	} {
		_, err := Marshal(c.value)
		require.ErrorContains(t, err, c.says)
		_, err = Marshal(c.value) // and not only the first time
		require.ErrorContains(t, err, c.says)
	}
	_, err := Marshal(nil)
	require.ErrorContains(t, err, "nil cannot be encoded")
}

func TestUnregisteredTypeSaysWhatToDo(t *testing.T) {
	type stranger struct{ A int }
	type envelope struct{ Command any }
	_, err := Marshal(envelope{stranger{1}})
	require.ErrorContains(t, err, "labgob.Register")
}

func TestRegisterRefusesChannels(t *testing.T) {
	require.Panics(t, func() { Register(withChannel{}) })
	require.Panics(t, func() { RegisterName("c", withFunc{}) })
	require.Panics(t, func() { Register(nil) })
}

func TestNothingButSmallLettersIsRefused(t *testing.T) {
	type hushed struct{ from int }
	for _, v := range []any{hushed{1}, struct{ To hushed }{}, []hushed{}} {
		_, err := Marshal(v)
		require.ErrorContains(t, err, "begins with a small letter, so nothing of it can be sent")
	}
	_, err := Marshal(struct{}{})
	require.NoError(t, err)
}
