package raftapi

import (
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/internal/quiet"
	"raftlab/internal/storage"
)

// shy has a method that may be called by nobody but its own program.
type shy struct{ calls *int }

func (s shy) String() string { *s.calls++; return "shy" }

func TestNotesOfALife(t *testing.T) {
	var said []string
	d := storage.Disk{OnNote: func(text string) { said = append(said, text) }}
	first := NewLogger((*Persister)(d.Open()))
	first.Printf("term %d", 3)
	d.Close()
	first.Printf("from the grave")
	second := NewLogger((*Persister)(d.Open()))
	second.Printf("back")
	first.Printf("still dead")
	if quiet.RaceDetector {
		require.Empty(t, said, "fmt would order its callers")
		return
	}
	require.Equal(t, []string{"term 3", "back"}, said)
}

func TestNobodyListens(t *testing.T) {
	calls := 0
	NewLogger(MakePersister()).Printf("%v", shy{&calls})
	require.Zero(t, calls, "nothing is formatted in vain")
}
