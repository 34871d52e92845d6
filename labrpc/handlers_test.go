package labrpc

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHandlersAreListed(t *testing.T) {
	p := newPair(1)
	var names []string
	for _, h := range p.net.Handlers(1) {
		names = append(names, h.Name)
		require.Equal(t, Shape{"N": reflect.Int}, h.Args, h.Name)
		require.Equal(t, Shape{"N": reflect.Int}, h.Reply, h.Name)
	}
	require.Contains(t, names, "Echo.Twice")
	require.Contains(t, names, "Echo.ByValue")
	require.NotContains(t, names, "Echo.NotAHandler")
	require.Empty(t, p.net.Handlers("no such server"))
}

// Message types as students write them.
type (
	Header struct {
		Term   uint64
		Hidden int
	}
	Place   struct{ Index int32 }
	private struct{ Lost int }
	Rank    int16
	nested  struct {
		Header
		*Place
		private
		Rank
		Hidden  bool // hides Header's
		Entries []Header
		Data    []byte
		small   int
	}
)

// TestPromotedFieldsAreRead checks that the fields that gob sends are read by the same
// names as in the program, whatever the kind of the integer.
func TestPromotedFieldsAreRead(t *testing.T) {
	want := Fields{{"Term", 7}, {"Index", 3}, {"Rank", 2}, {"Hidden", 1}, {"Entries", 2}, {"Data", 1}}
	m := nested{Header: Header{Term: 7, Hidden: 99}, Place: &Place{3}, private: private{5}, Rank: 2, Hidden: true, Entries: make([]Header, 2), Data: []byte{1}, small: 1}
	got, details := contentOf(reflect.ValueOf(&m))
	require.Equal(t, want, got)
	require.NotNil(t, details.Get("Entries"))
	require.Nil(t, details.Get("Header"))

	m.Place = nil
	got, _ = contentOf(reflect.ValueOf(m))
	index, ok := got.Get("Index")
	require.True(t, ok, "the receiver finds a zero")
	require.Zero(t, index)

	require.Equal(t, Shape{
		"Term": reflect.Uint64, "Index": reflect.Int32, "Rank": reflect.Int16, "Hidden": reflect.Bool,
		"Entries": reflect.Slice, "Data": reflect.Slice,
	}, shapeOf(reflect.TypeFor[nested]()))
}

// TestMessagesAreFilledInByName sets fields of a program's own types.
func TestMessagesAreFilledInByName(t *testing.T) {
	h := newHandler("Raft.X", &method{args: reflect.TypeFor[nested](), reply: reflect.TypeFor[Header]()})
	m := h.NewArgs()
	m.Set("Term", 7)
	m.Set("Index", -3)
	m.Set("Rank", 2)
	m.Set("Hidden", 1)
	m.SetBytes("Data", []byte("ab"))
	require.Equal(t, &nested{Header: Header{Term: 7}, Place: &Place{-3}, Rank: 2, Hidden: true, Data: []byte("ab")}, m.Pointer())
	require.Panics(t, func() { m.Set("Lost", 1) })
	require.Panics(t, func() { m.Set("Entries", 1) })

	reply := h.NewReply()
	reply.Pointer().(*Header).Term = 1 << 40
	term, ok := reply.Fields().Get("Term")
	require.True(t, ok)
	require.EqualValues(t, 1<<40, term)
}
