package plain

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// entry has methods that package plain must not call.
type entry struct {
	Index   int
	Term    int
	Command any
	private int
}

func (entry) String() string               { panic("called") }
func (entry) MarshalJSON() ([]byte, error) { panic("called") }

type pointing struct{ To *int }

// stamped promotes fields and hides one of them.
type (
	Stamp   struct{ Term, Index uint64 }
	Tag     struct{ Name string }
	inner   struct{ Lost int }
	stamped struct {
		Stamp
		*Tag
		inner
		Index int
	}
)

func show(v any) string { return string(AppendJSON(nil, Keep(v))) }

func TestValuesAsJSON(t *testing.T) {
	seven := 7
	for _, c := range []struct {
		value any
		want  string
	}{
		{nil, "null"},
		{-3, "-3"},
		{uint8(200), "200"},
		{true, "true"},
		{0.5, "0.5"},
		{math.NaN(), `"NaN"`},
		{"a \"b\" \\ \n\x01 é", `"a \"b\" \\ \n\u0001 é"`},
		{"\xff", `"\ufffd"`},
		{entry{1, 2, "x", 3}, `{"Index":1,"Term":2,"Command":"x"}`},
		{[]entry{{1, 2, 3, 4}, {2, 2, nil, 0}}, `[{"Index":1,"Term":2,"Command":3},{"Index":2,"Term":2,"Command":null}]`},
		{&entry{Command: &seven}, `{"Index":0,"Term":0,"Command":7}`},
		{[]any{pointing{&seven}}, `[{"To":7}]`},
		{[]byte("abc"), `"3 bytes"`},
		{stamped{Stamp{7, 8}, &Tag{"x"}, inner{9}, 2}, `{"Term":7,"Name":"x","Index":2}`},
		{stamped{Stamp: Stamp{Term: 7}}, `{"Term":7,"Index":0}`},
		{map[string]int{"a": 1}, `"map[string]int of 1"`},
		{[2]int{1, 2}, `[1,2]`},
		{strings.Repeat("x", 1000), `"` + strings.Repeat("x", MaxText) + `... (1000 bytes)"`},
	} {
		require.Equal(t, c.want, show(c.value))
		require.True(t, json.Valid([]byte(show(c.value))), c.want)
	}
}

func TestDepthEnds(t *testing.T) {
	type node struct{ Next *node }
	n := &node{}
	n.Next = n
	require.True(t, json.Valid([]byte(show(n))))
}

// TestKeptValuesDoNotChange checks that a kept value is printed as it was when it was kept.
func TestKeptValuesDoNotChange(t *testing.T) {
	n := 1
	entries := []entry{{Index: 1, Command: &n}, {Index: 2, Command: "b"}}
	numbers := []int{1, 2}
	log := []entry{{Index: 1, Command: "a"}}
	kept := []any{Keep(entries), Keep(numbers), Keep(log)}
	n, numbers[0], log[0].Index, entries[1].Command = 9, 9, 9, "z"
	require.Equal(t, `[{"Index":1,"Term":0,"Command":1},{"Index":2,"Term":0,"Command":"b"}]`, string(AppendJSON(nil, kept[0])))
	require.Equal(t, `[1,2]`, string(AppendJSON(nil, kept[1])))
	require.Equal(t, `[{"Index":1,"Term":0,"Command":"a"}]`, string(AppendJSON(nil, kept[2])))
}

func TestLongSlicesKeepTheirEnd(t *testing.T) {
	long := make([]int, 1000)
	for i := range long {
		long[i] = i
	}
	var back []int
	require.NoError(t, json.Unmarshal([]byte(show(long)), &back))
	require.Len(t, back, MaxElements)
	require.Equal(t, 999, back[len(back)-1])
}

func TestStringsAreJSON(t *testing.T) {
	for _, s := range []string{"", "</script>", "\u2028", "a\x7fb", "\xf0\x28\x8c\x28", "日本"} {
		var back string
		require.NoError(t, json.Unmarshal(AppendString(nil, s), &back))
		require.Equal(t, strings.ToValidUTF8(s, "\ufffd"), strings.ReplaceAll(back, "\ufffd\ufffd", "\ufffd"))
	}
}
