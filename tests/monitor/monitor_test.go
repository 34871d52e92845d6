package monitor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
	"raftlab/tests/trace"
)

func sent(at time.Duration, server int, method string, fields ...labrpc.Field) trace.Event {
	return trace.Event{At: at, Kind: "sent", Server: server, Peer: 9, Method: method, Body: fields}
}

func TestElectionSafety(t *testing.T) {
	term := func(n int64) labrpc.Field { return labrpc.Field{Name: "Term", Value: n} }
	good := []trace.Event{
		sent(1, 0, "Raft.AppendEntries", term(1)),
		sent(2, 1, "Raft.RequestVote", term(1)), // there may be several candidates
		sent(3, 1, "Raft.AppendEntries", term(2)),
		{At: 4, Kind: trace.State, Server: 1, Term: 2, Index: 1},
		{At: 5, Kind: trace.State, Server: 2, Term: 2},
		sent(6, 0, "Raft.AppendEntries", term(1)), // it does not know the new term yet
	}
	require.Nil(t, ElectionSafety(good))
	for name, bad := range map[string]trace.Event{
		"by AppendEntries":   sent(7*time.Second, 2, "Raft.AppendEntries", term(2)),
		"by InstallSnapshot": sent(7*time.Second, 2, "Raft.InstallSnapshot", term(2)),
		"by GetState":        {At: 7 * time.Second, Kind: trace.State, Server: 2, Term: 2, Index: 1},
	} {
		v := ElectionSafety(append(good[:len(good):len(good)], bad))
		require.NotNil(t, v, name)
		require.Contains(t, v.Error(), "term 2 has two leaders: server 1")
		require.Contains(t, v.Error(), "and server 2")
		require.Equal(t, 7*time.Second, v.At)
	}
}

func TestLeadersUnseen(t *testing.T) {
	require.Empty(t, LeadersUnseen(nil))
	require.Empty(t, LeadersUnseen([]trace.Event{sent(1, 0, "Raft.AppendEntries", labrpc.Field{Name: "Term", Value: 1})}))
	require.NotEmpty(t, LeadersUnseen([]trace.Event{sent(1, 0, "Raft.AppendEntries", labrpc.Field{Name: "T", Value: 1})}))
	require.NotEmpty(t, LeadersUnseen([]trace.Event{sent(1, 0, "Raft.Replicate", labrpc.Field{Name: "Term", Value: 1})}))
}

func TestApplyOrder(t *testing.T) {
	var o ApplyOrder
	for index := 1; index <= 3; index++ {
		require.Nil(t, o.Command(0, index, 0))
	}
	require.Contains(t, o.Command(0, 3, 0).What, "applied index 3 again")
	require.Contains(t, o.Command(0, 1, 0).What, "had already applied all entries up to index 3")
	require.Contains(t, o.Command(0, 5, 0).What, "skipped index 4")
	require.Contains(t, o.Command(0, 9, 0).What, "skipped indexes 4 to 8")
	require.Contains(t, o.Command(0, 0, 0).What, "indexes begin at 1")
	require.Nil(t, o.Snapshot(0, 3, 0))
	require.Nil(t, o.Snapshot(0, 7, 0))
	require.Contains(t, o.Snapshot(0, 6, 0).What, "go back in time")
	require.NotNil(t, o.Command(0, 7, 0))
	require.Nil(t, o.Command(0, 8, 0))
}

func TestStateMachineSafety(t *testing.T) {
	var m StateMachineSafety
	require.Nil(t, m.Command(0, 1, "a", time.Second))
	require.Nil(t, m.Command(0, 2, 17, time.Second))
	require.Nil(t, m.Command(1, 1, "a", time.Second))
	v := m.Command(1, 2, 18, 2*time.Second)
	require.Equal(t, "server 1 applied 18 at index 2, but server 0 had applied 17 there at 1.000s.", v.What)
	require.NotNil(t, m.Command(1, 2, []int{17}, 0), "a value that cannot be compared differs")
	require.Equal(t, 2, m.Applied())
	require.Equal(t, 17, m.At(2))

	require.Nil(t, m.Snapshot(2, 2, 2, m.DigestAt(2), 0))
	require.Nil(t, m.Snapshot(2, 1, 1, m.DigestAt(1), 0))
	require.Contains(t, m.Snapshot(2, 2, 1, m.DigestAt(1), 0).What, "was made at index 1")
	require.Contains(t, m.Snapshot(2, 2, 2, m.DigestAt(1), 0).What, "not the state")
	require.Contains(t, m.Snapshot(2, 3, 3, m.DigestAt(2), 0).What, "not the state")
}

func TestDigestDependsOnTheOrder(t *testing.T) {
	require.NotEqual(t, Digest(Digest(0, "a"), "b"), Digest(Digest(0, "b"), "a"))
	require.NotEqual(t, Digest(0, 1), Digest(0, 2))
}

func TestDurability(t *testing.T) {
	require.Nil(t, Durability(4, 5, "x", 0))
	require.Contains(t, Durability(4, 4, "x", 0).What, "all entries up to index 4")
}

// loud is a command whose methods a monitor must not call.
type loud struct{}

func (loud) String() string { panic("called") }

func TestMessagesCallNoMethodOfACommand(t *testing.T) {
	var m StateMachineSafety
	require.Nil(t, m.Command(0, 1, "a", 0))
	require.Contains(t, m.Command(1, 1, loud{}, 0).What, "a value of type monitor.loud")
	require.Contains(t, Show(string(make([]byte, 500))), "characters")
}

// TestApplyOrderAfterACrash checks that the first entry that a restarted server applies
// shows whether the log and the snapshot on its disk match.
func TestApplyOrderAfterACrash(t *testing.T) {
	for first, says := range map[int]string{
		9: "begins after that: indexes 6 to 8 are missing",
		7: "begins after that: index 6 is missing",
		4: "The snapshot is newer than the log",
	} {
		o := ApplyOrder{Last: 5, Restored: true}
		v := o.Command(0, first, 0)
		require.NotNil(t, v, first)
		require.Contains(t, v.What, "started with a snapshot up to index 5 on its disk")
		require.Contains(t, v.What, says)
		require.Equal(t, "2d.md#one-save", v.Handout)
	}
	for kept, says := range map[Kept]string{
		KeptAlways:    "Did two calls of Save write them",
		KeptNever:     "no Save of this server had a snapshot",
		KeptNotAlways: "one Save lacked the snapshot",
	} {
		o := ApplyOrder{Restored: true, Kept: kept}
		v := o.Command(0, 3, 0)
		require.Contains(t, v.What, "started without a snapshot on its disk")
		require.Contains(t, v.What, says)
	}
	o := ApplyOrder{Last: 5, Restored: true}
	require.Nil(t, o.Command(0, 6, 0))
	require.Contains(t, o.Command(0, 6, 0).What, "applied index 6 again")
	o = ApplyOrder{Last: 5, Restored: true}
	require.Nil(t, o.Snapshot(0, 8, 0))
	require.Contains(t, o.Command(0, 7, 0).What, "applied index 7 again")
}
