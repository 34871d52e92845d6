package gobstream

import (
	"bytes"
	"encoding/gob"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/labgob"
)

type command struct {
	Key   string
	Times int
}

type other struct{ X []float64 }

type entry struct {
	Index, Term int
	Command     any
}

type header struct {
	Term     int
	LeaderID uint8
}

type everything struct {
	header2 int // not sent
	Header  header
	Entries []entry
	Data    []byte
	Name    string
	Yes     bool
	Ratio   float64
	Part    complex128
	Votes   map[string]int
	Next    *everything
	Grid    [3]int
	Any     any
	Big     *big.Int
	Empty   struct{}
}

func init() {
	labgob.Register(command{})
	labgob.Register(&other{})
	labgob.Register(map[string]int{})
}

func full() *everything {
	return &everything{
		header2: 1,
		Header:  header{Term: 7, LeaderID: 255},
		Entries: []entry{{1, 1, "x"}, {2, 3, command{"k", -5}}, {3, 3, nil}, {4, 4, &other{[]float64{0, 1.5}}}, {5, 4, 17}, {6, 4, command{"k", 2}}},
		Data:    make([]byte, 300), Name: "né", Yes: true, Ratio: -0.25, Part: complex(1, 2),
		Votes: map[string]int{"a": 1, "b": 2},
		Next:  &everything{Name: "inner"},
		Grid:  [3]int{0, 0, 9}, Any: map[string]int{"z": 1}, Big: big.NewInt(1 << 40),
	}
}

// TestMessagesAreRead reads messages of gob's encoder and of the lab's.
func TestMessagesAreRead(t *testing.T) {
	ours, err := labgob.Marshal(full())
	require.NoError(t, err)
	var theirs bytes.Buffer
	require.NoError(t, gob.NewEncoder(&theirs).Encode(full()))
	for _, message := range [][]byte{ours, theirs.Bytes()} {
		v, err := Parse(message)
		require.NoError(t, err)
		for name, want := range map[string]int64{"Entries": 6, "Data": 300, "Name": 3, "Yes": 1, "Votes": 2, "Grid": 3} {
			field, ok := v.Get(name)
			require.True(t, ok, name)
			require.Equal(t, want, field.Number(), name)
		}
		top, _ := v.Get("Header")
		term, _ := top.Get("Term")
		require.EqualValues(t, 7, term.Number())
		ratio, _ := v.Get("Ratio")
		require.Equal(t, -0.25, ratio.Float())
		entries, _ := v.Get("Entries")
		require.JSONEq(t, `[{"Index":1,"Term":1,"Command":"x"},{"Index":2,"Term":3,"Command":{"Key":"k","Times":-5}},{"Index":3,"Term":3},
			{"Index":4,"Term":4,"Command":{"X":[0,1.5]}},{"Index":5,"Term":4,"Command":17},{"Index":6,"Term":4,"Command":{"Key":"k","Times":2}}]`, string(entries.AppendJSON(nil)))
		_, ok := v.Get("Missing")
		require.False(t, ok)
	}
}

func TestValuesOtherThanStructs(t *testing.T) {
	for _, value := range []any{17, "text", []int{1, 2}, map[int]string{1: "a"}, 2.5, []byte{1}, true, uint8(3)} {
		message, err := labgob.Marshal(value)
		require.NoError(t, err)
		_, err = Parse(message)
		require.NoError(t, err, "%T", value)
	}
}

// TestFingerprintDependsOnContent checks that the fingerprint changes with the content of
// a message, and with nothing else.
func TestFingerprintDependsOnContent(t *testing.T) {
	print := func(v any) uint64 {
		message, err := labgob.Marshal(v)
		require.NoError(t, err)
		value, err := Parse(message)
		require.NoError(t, err)
		return value.Fingerprint()
	}
	one := print(full())
	for range 20 { // gob writes maps in random order
		require.Equal(t, one, print(full()))
	}
	edits := map[string]func(*everything){
		"term": func(e *everything) { e.Header.Term++ }, "entry": func(e *everything) { e.Entries[1].Command = command{"k", -6} },
		"sort": func(e *everything) { e.Entries[0].Command = 5 }, "length": func(e *everything) { e.Data = e.Data[1:] },
		"map": func(e *everything) { e.Votes["a"] = 2 }, "swap": func(e *everything) { e.Votes = map[string]int{"a": 2, "b": 1} },
		"moved": func(e *everything) { e.Header = header{Term: 0, LeaderID: 7} }, "nil": func(e *everything) { e.Any = nil },
		"float": func(e *everything) { e.Ratio = math.Inf(1) }, "complex": func(e *everything) { e.Part = complex(2, 1) },
	}
	seen := map[uint64]string{one: "as it was"}
	for name, edit := range edits {
		e := full()
		edit(e)
		h := print(e)
		require.NotContains(t, seen, h, name)
		seen[h] = name
	}
	same := full()
	same.Data = bytes.Repeat([]byte{1}, 300) // only the number of bytes counts
	require.Equal(t, one, print(same))
}

func TestMalformedMessages(t *testing.T) {
	good, err := labgob.Marshal(full())
	require.NoError(t, err)
	for n := range len(good) {
		_, err := Parse(good[:n])
		require.Error(t, err, "the first %d bytes", n)
	}
	_, err = Parse(append(bytes.Clone(good), 1, 0))
	require.ErrorContains(t, err, "bytes after the value")
	_, err = Parse([]byte{3, 200 >> 1, 0, 0})
	require.ErrorContains(t, err, "does not describe")
}

// TestABombIsRefused checks a list that claims a billion elements of no size.
func TestABombIsRefused(t *testing.T) {
	many, err := labgob.Marshal(make([]struct{ A int }, maxValues+1))
	require.NoError(t, err)
	_, err = Parse(many)
	require.Error(t, err)
	type nest struct{ Next *nest }
	deep := &nest{}
	for range 2 * maxDepth {
		deep = &nest{deep}
	}
	message, err := labgob.Marshal(deep)
	require.NoError(t, err)
	_, err = Parse(message)
	require.ErrorContains(t, err, "nested deeper")
}

func FuzzParse(f *testing.F) {
	good, err := labgob.Marshal(full())
	require.NoError(f, err)
	f.Add(good)
	for _, value := range []any{17, []string{"a"}, map[string]entry{"x": {1, 2, command{"k", 1}}}} {
		message, err := labgob.Marshal(value)
		require.NoError(f, err)
		f.Add(message)
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		v, err := Parse(message)
		if err != nil {
			return
		}
		v.Fingerprint()
		v.AppendJSON(nil)
		v.Number()
		for _, field := range v.Of {
			if v.Kind == Struct {
				v.Get(v.Name(field))
			}
		}
	})
}
