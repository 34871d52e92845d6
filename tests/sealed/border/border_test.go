package border

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
)

func TestMessagesRoundTrip(t *testing.T) {
	for k := Kind(1); k < kinds; k++ {
		m := Message{Kind: k, ID: 1 << 60, A: -3, B: 4, P: []byte("p"), Q: []byte("qq")}
		b := m.Append(nil)
		require.Len(t, b, m.Size())
		got, err := Parse(b)
		require.NoError(t, err)
		require.Equal(t, m, got)
		require.NotEmpty(t, k.String())
		for n := range header {
			_, err := Parse(b[:n])
			require.Error(t, err)
		}
	}
	for name, b := range map[string][]byte{
		"empty": nil, "no kind": make([]byte, header), "kind": append([]byte{byte(kinds)}, make([]byte, header)...),
		"length":    append(Message{Kind: Note}.Append(nil)[:header-4], 2, 0, 0, 0, 'x'),
		"too large": make([]byte, MaxMessage+1),
	} {
		_, err := Parse(b)
		require.Error(t, err, name)
	}
}

func TestCommandsRoundTrip(t *testing.T) {
	for _, c := range []any{nil, 0, -5, 1 << 60, "", "x 17"} {
		got, err := ParseCommand(Command(c))
		require.NoError(t, err)
		require.Equal(t, c, got)
	}
	got, err := ParseCommand(Command(map[string]int{}))
	require.NoError(t, err)
	require.Equal(t, Foreign("map[string]int"), got)
	for _, b := range []string{"", "n1", "i", "i\x02\x02", "x"} {
		_, err := ParseCommand([]byte(b))
		require.Error(t, err, "%q", b)
	}
}

func services() []labrpc.RemoteService {
	fields := []labrpc.RemoteField{{Path: []string{"Term"}, Kind: reflect.Int}, {Path: []string{"Header", "Data"}, Kind: labrpc.Bytes}}
	return []labrpc.RemoteService{
		{Name: "Raft", Handlers: []labrpc.RemoteHandler{{Name: "RequestVote", Args: fields, Reply: fields[:1]}, {Name: "X"}}},
		{Name: "KVServer"},
	}
}

func TestServicesRoundTrip(t *testing.T) {
	b := Services(services())
	got, err := ParseServices(b)
	require.NoError(t, err)
	require.Equal(t, services(), got)
	for n := range b {
		_, err := ParseServices(b[:n])
		require.Error(t, err, "the first %d bytes", n)
	}
	_, err = ParseServices(append(b, 0))
	require.Error(t, err)
}

func FuzzParse(f *testing.F) {
	f.Add(Message{Kind: Call, ID: 3, A: 1, P: []byte("Raft.RequestVote"), Q: []byte("args")}.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err == nil {
			require.Equal(t, b, m.Append(nil))
		}
	})
}

func FuzzParseServices(f *testing.F) {
	f.Add(Services(services()))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := ParseServices(b)
		if err != nil {
			return
		}
		again, err := ParseServices(Services(all))
		require.NoError(t, err)
		require.Equal(t, all, again)
		for _, s := range all {
			s.Service()
		}
	})
}

func FuzzParseCommand(f *testing.F) {
	f.Add(Command(17))
	f.Add(Command("x"))
	f.Add(Command(1.5))
	f.Fuzz(func(t *testing.T, b []byte) { ParseCommand(b) })
}
