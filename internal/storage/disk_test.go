package storage

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDeadLifeSavesNothing(t *testing.T) {
	var d Disk
	first := d.Open()
	first.Save([]byte("one"), nil)
	d.Close()
	first.Save([]byte("from the grave"), nil)
	require.Equal(t, "one", string(first.State()))

	second := d.Open()
	require.Equal(t, "one", string(second.State()))
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
	life := d.Open()
	life.Save([]byte("a"), nil)
	life.Save([]byte("bb"), nil)
	life.Save([]byte("ccc"), nil) // the life is over, though it does not know
	require.Equal(t, "a", string(life.State()))
	require.Equal(t, []Save{{1, 1, 0}, {2, 2, 0}}, seen)

	next := d.Open()
	next.Save([]byte("dddd"), nil)
	require.Equal(t, "dddd", string(next.State()))
}

// TestDroppedSnapshots: whoever saves his state alone loses the snapshot beside it.
func TestDroppedSnapshots(t *testing.T) {
	var d Disk
	life := d.Open()
	life.Save([]byte("a"), nil)
	life.Save([]byte("a"), []byte("snapshot"))
	require.Zero(t, d.Dropped())
	life.Save([]byte("b"), nil)
	life.Save([]byte("c"), nil)
	require.EqualValues(t, 1, d.Dropped())
	require.EqualValues(t, 2, d.Snapshots())
	require.Zero(t, d.Shrunk())
}

// TestShrunkStates: a state that is smaller than the one before shows that a log was
// cut, in whichever life.
func TestShrunkStates(t *testing.T) {
	var d Disk
	life := d.Open()
	for _, state := range []string{"", "four", "four", "three", "two"} {
		life.Save([]byte(state), nil)
	}
	require.EqualValues(t, 1, d.Shrunk())
	d.Open().Save([]byte("t"), nil)
	require.EqualValues(t, 2, d.Shrunk())
}
