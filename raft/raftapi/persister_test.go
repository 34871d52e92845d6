package raftapi

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSaveKeepsCopies(t *testing.T) {
	ps := MakePersister()
	require.Empty(t, ps.ReadRaftState())
	require.Zero(t, ps.RaftStateSize())
	state, snapshot := []byte("state"), []byte("snap")
	ps.Save(state, snapshot)
	state[0], snapshot[0] = 'X', 'X'
	require.Equal(t, "state", string(ps.ReadRaftState()))
	require.Equal(t, "snap", string(ps.ReadSnapshot()))
	ps.ReadRaftState()[0] = 'Y'
	require.Equal(t, "state", string(ps.ReadRaftState()))
	require.Equal(t, 5, ps.RaftStateSize())
	require.Equal(t, 4, ps.SnapshotSize())

	other := ps.Copy()
	ps.Save(nil, nil)
	require.Zero(t, ps.RaftStateSize())
	require.Equal(t, "state", string(other.ReadRaftState()))
}

func TestDeadLifeSavesNothing(t *testing.T) {
	var d Disk
	first := d.Open()
	first.Save([]byte("one"), nil)
	d.Close()
	first.Save([]byte("from the grave"), nil)
	require.Equal(t, "one", string(first.ReadRaftState()))

	second := d.Open()
	require.Equal(t, "one", string(second.ReadRaftState()))
	first.Save([]byte("again"), nil)
	second.Save([]byte("two"), []byte("snap"))
	require.Equal(t, "two", string(d.State()))
	require.Equal(t, "snap", string(d.Snapshot()))
	require.EqualValues(t, 2, d.Saves())
	require.EqualValues(t, len("one")+len("two")+len("snap"), d.Bytes())
}

func TestCrashAtTheSecondSave(t *testing.T) {
	var seen []Save
	d := Disk{OnSave: func(s Save) bool {
		seen = append(seen, s)
		return s.Number != 2
	}}
	ps := d.Open()
	ps.Save([]byte("a"), nil)
	ps.Save([]byte("bb"), nil)
	ps.Save([]byte("ccc"), nil) // the life is over, though it does not know
	require.Equal(t, "a", string(ps.ReadRaftState()))
	require.Equal(t, []Save{{1, 1, 0}, {2, 2, 0}}, seen)

	next := d.Open()
	next.Save([]byte("dddd"), nil)
	require.Equal(t, "dddd", string(next.ReadRaftState()))
}

// TestDroppedSnapshots: whoever saves his state alone loses the snapshot beside it.
func TestDroppedSnapshots(t *testing.T) {
	var d Disk
	ps := d.Open()
	ps.Save([]byte("a"), nil)
	ps.Save([]byte("a"), []byte("snapshot"))
	require.Zero(t, d.Dropped())
	ps.Save([]byte("b"), nil)
	ps.Save([]byte("c"), nil)
	require.EqualValues(t, 1, d.Dropped())
	require.EqualValues(t, 2, d.Snapshots())
	require.Zero(t, d.Shrunk())
}

// TestShrunkStates: a state that is smaller than the one before shows that a log was
// cut, in whichever life.
func TestShrunkStates(t *testing.T) {
	var d Disk
	ps := d.Open()
	for _, state := range []string{"", "four", "four", "three", "two"} {
		ps.Save([]byte(state), nil)
	}
	require.EqualValues(t, 1, d.Shrunk())
	d.Open().Save([]byte("t"), nil)
	require.EqualValues(t, 2, d.Shrunk())
}

// TestPersisterLeadsNowhere: what a student can print or call shows no more
// than the server's own bytes.
func TestPersisterLeadsNowhere(t *testing.T) {
	d := Disk{OnSave: func(Save) bool { return true }}
	ps := d.Open()
	ps.Save([]byte("own"), nil)
	require.NotContains(t, fmt.Sprintf("%+v %#v", ps, ps), "Disk")
	var methods []string
	for m := range reflect.TypeOf(ps).Methods() {
		methods = append(methods, m.Name)
	}
	require.Equal(t, []string{"Copy", "RaftStateSize", "ReadRaftState", "ReadSnapshot", "Save", "SnapshotSize"}, methods)
}
