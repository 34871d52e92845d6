package labrpc

import (
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"raftlab/internal/plain"
	"raftlab/labgob"
)

// Keeper has a handler whose messages have fields of many kinds.
type Keeper struct{ got []nested }

func (k *Keeper) Keep(args *nested, reply *Header) {
	k.got = append(k.got, *args)
	reply.Term, reply.Hidden = args.Term+1, 4
}

// addRemote adds a server to a network whose messages are bytes, as if it were in another
// process.
func addRemote(t *testing.T, net *Network, receiver any) *Service {
	inner := MakeServer()
	inner.AddService(MakeService(receiver))
	r := DescribeService(receiver)
	var svc *Service
	r.Handle = func(method string, request []byte, answer func(*Encoded)) {
		require.True(t, inner.Serve(method, request, func(reply []byte) {
			e, err := svc.Reply("Keep", reply)
			require.NoError(t, err)
			answer(e)
		}))
	}
	svc, err := r.Service()
	require.NoError(t, err)
	s := MakeServer()
	s.AddService(svc)
	net.AddServer(1, s)
	return svc
}

// TestRemoteServersLookLikeLocalOnes checks that observers see the same events of a remote
// server as of a local one.
func TestRemoteServersLookLikeLocalOnes(t *testing.T) {
	args := nested{Header: Header{Term: 7, Hidden: 9}, Rank: 2, Hidden: true, Entries: []Header{{1, 2}, {3, 0}}, Data: []byte("ab")}
	var events [2][]Event
	for way := range events {
		synctest.Test(t, func(t *testing.T) {
			keeper, log := &Keeper{}, &log{}
			net := NewNetwork(Config{Seed: 1, Observer: log})
			end := net.MakeEnd(Link{0, 1})
			net.Connect(Link{0, 1}, 1)
			net.Enable(Link{0, 1}, true)
			var reply Header
			if way == 0 {
				s := MakeServer()
				s.AddService(MakeService(keeper))
				net.AddServer(1, s)
				require.True(t, end.Call("Keeper.Keep", &args, &reply))
			} else {
				svc := addRemote(t, net, keeper)
				message, err := labgob.Marshal(&args)
				require.NoError(t, err)
				e, err := svc.Args("Keep", message)
				require.NoError(t, err)
				answer, ok, err := net.Post(end, Link{0, 1}, "Keeper.Keep", e).Wait()
				require.NoError(t, err)
				require.True(t, ok)
				require.NoError(t, labgob.Unmarshal(answer.Bytes, &reply))
			}
			require.Equal(t, Header{8, 4}, reply)
			require.Equal(t, []nested{args}, keeper.got)
			events[way] = log.All()
		})
	}
	require.Len(t, events[1], len(events[0]))
	for i, e := range events[1] {
		require.Equal(t, events[0][i].Kind, e.Kind)
		require.Equal(t, events[0][i].Body, e.Body, "%v", e.Kind)
		require.Equal(t, events[0][i].Bytes, e.Bytes)
		require.Len(t, e.Rest, len(events[0][i].Rest))
	}
	entries := plain.AppendJSON(nil, events[1][0].Rest.Get("Entries"))
	require.JSONEq(t, `[{"Term":1,"Hidden":2},{"Term":3}]`, string(entries)) // zeros are not sent
}

// TestTheLabFillsInRemoteMessages sets the fields of remote messages by name.
func TestTheLabFillsInRemoteMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := &Keeper{}
		net := NewNetwork(Config{Seed: 1})
		end := net.MakeEnd(Link{0, 1})
		net.Connect(Link{0, 1}, 1)
		net.Enable(Link{0, 1}, true)
		addRemote(t, net, keeper)
		h := net.Handlers(1)[0]
		require.Equal(t, shapeOf(reflect.TypeFor[nested]()), h.Args)
		require.Equal(t, Shape{"Term": reflect.Uint64, "Hidden": reflect.Int}, h.Reply)
		m, reply := h.NewArgs(), h.NewReply()
		m.Set("Term", 7)
		m.Set("Index", -3)
		m.Set("Hidden", 1)
		m.SetBytes("Data", []byte("ab"))
		require.True(t, end.Call(h.Name, m.Pointer(), reply.Pointer()))
		require.Equal(t, []nested{{Header: Header{Term: 7}, Place: &Place{-3}, Hidden: true, Data: []byte("ab")}}, keeper.got)
		require.Equal(t, Fields{{"Term", 8}, {"Hidden", 4}}, reply.Fields())
		require.Panics(t, func() { m.Set("Entries", 1) })
	})
}

func TestAnUnknownRemoteMethodIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := NewNetwork(Config{Seed: 1})
		end := net.MakeEnd(Link{0, 1})
		net.Connect(Link{0, 1}, 1)
		net.Enable(Link{0, 1}, true)
		svc := addRemote(t, net, &Keeper{})
		message, err := labgob.Marshal(&nested{})
		require.NoError(t, err)
		e, err := svc.Args("Keep", message)
		require.NoError(t, err)
		_, ok, err := net.Post(end, Link{0, 1}, "Keeper.Lose", e).Wait()
		require.False(t, ok)
		require.ErrorContains(t, err, `Call("Keeper.Lose"): there is no such handler`)
	})
}

func TestInvalidDescriptionsAreErrors(t *testing.T) {
	ok := []RemoteField{{[]string{"Term"}, reflect.Int}}
	for _, r := range []RemoteService{
		{Name: ""}, {Name: "a b"}, {Name: "Raft", Handlers: []RemoteHandler{{"lower", ok, ok}}},
		{Name: "Raft", Handlers: []RemoteHandler{{"X", ok, ok}, {"X", ok, ok}}},
		{Name: "Raft", Handlers: []RemoteHandler{{"X", append(ok, ok...), ok}}},
		{Name: "Raft", Handlers: []RemoteHandler{{"X", ok, []RemoteField{{nil, reflect.Int}}}}},
		{Name: "Raft", Handlers: []RemoteHandler{{"X", ok, []RemoteField{{[]string{"term"}, reflect.Int}}}}},
		{Name: "Raft", Handlers: []RemoteHandler{{"X", ok, []RemoteField{{[]string{"T"}, 77}}}}},
		{Name: "Raft", Handlers: []RemoteHandler{{"X", []RemoteField{{[]string{"A"}, reflect.Int}, {[]string{"A", "B"}, reflect.Int}}, ok}}},
		{Name: "Raft", Handlers: []RemoteHandler{{"X", []RemoteField{{[]string{"A", "B"}, reflect.Int}, {[]string{"A"}, reflect.Int}}, ok}}},
		{Name: "Raft", Handlers: []RemoteHandler{{"X", make([]RemoteField, maxRemoteFields+1), ok}}},
	} {
		_, err := r.Service()
		require.Error(t, err, "%v", r)
	}
}

// FuzzRemoteMessages checks that neither a server's description of its messages nor the
// messages themselves make the lab panic.
func FuzzRemoteMessages(f *testing.F) {
	good, err := labgob.Marshal(&nested{Header: Header{Term: 7}, Entries: []Header{{1, 2}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("Raft", "Keep", "Header", "Term", uint8(reflect.Uint64), good)
	f.Add("Raft", "Keep", "Entries", "X", uint8(reflect.Slice), good)
	f.Fuzz(func(t *testing.T, service, name, outer, inner string, kind uint8, message []byte) {
		fields := []RemoteField{{[]string{outer, inner}, reflect.Kind(kind)}, {[]string{inner + "2"}, reflect.Kind(kind)}}
		svc, err := RemoteService{Name: service, Handlers: []RemoteHandler{{name, fields, fields}}}.Service()
		if err != nil {
			return
		}
		if e, err := svc.Args(name, message); err == nil {
			for _, d := range e.Rest {
				plain.AppendJSON(nil, d.Value)
			}
			_ = fmt.Sprint(e.Fields)
		}
		h := newHandler(service+"."+name, svc.methods[name])
		h.NewArgs().Pointer()
	})
}
