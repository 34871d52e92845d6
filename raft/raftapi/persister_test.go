package raftapi

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/internal/storage"
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

// TestPersisterLeadsNowhere: what a student can print or call shows no more
// than the server's own bytes.
func TestPersisterLeadsNowhere(t *testing.T) {
	d := storage.Disk{OnSave: func(storage.Save) bool { return true }}
	ps := (*Persister)(d.Open())
	ps.Save([]byte("own"), nil)
	require.NotContains(t, fmt.Sprintf("%+v %#v", ps, ps), "Disk")
	var methods []string
	for m := range reflect.TypeOf(ps).Methods() {
		methods = append(methods, m.Name)
	}
	require.Equal(t, []string{"Copy", "RaftStateSize", "ReadRaftState", "ReadSnapshot", "Save", "SnapshotSize"}, methods)
}
