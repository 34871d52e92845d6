package monitor

import (
	"fmt"
	"time"
)

// ApplyOrder: a server applies each index once and in order, and after a
// snapshot the one that follows it. One belongs to one life of one server. The
// zero value is that of a server that has applied nothing.
type ApplyOrder struct {
	Last int // index applied last, or covered by the snapshot installed last
}

// Command is told that a server applied the entry at an index.
func (o *ApplyOrder) Command(server, index int, at time.Duration) *Violation {
	if index == o.Last+1 {
		o.Last = index
		return nil
	}
	v := &Violation{Property: "ApplyOrder", At: at, Paper: "section 5.3, Figure 2 (lastApplied)", Handout: "2b.md#apply-in-order"}
	switch {
	case index <= 0:
		v.What = fmt.Sprintf("server %d applied an entry with CommandIndex %d; indexes begin at 1.", server, index)
	case index <= o.Last:
		v.What = fmt.Sprintf("server %d applied index %d again; it had applied all up to %d in this life.", server, index, o.Last)
	default:
		v.What = fmt.Sprintf("server %d applied index %d right after %d, and left out %s.", server, index, o.Last, span(o.Last+1, index-1))
	}
	return v
}

// Snapshot is told that a server handed its service a snapshot.
func (o *ApplyOrder) Snapshot(server, index int, at time.Duration) *Violation {
	if index >= o.Last {
		o.Last = index
		return nil
	}
	return &Violation{
		Property: "ApplyOrder", At: at,
		What:  fmt.Sprintf("server %d handed its service a snapshot up to index %d after all up to %d was applied: the service would go back in time.", server, index, o.Last),
		Paper: "section 7, Figure 13", Handout: "2d.md#never-go-back",
	}
}

func span(from, to int) string {
	if from == to {
		return fmt.Sprintf("index %d", from)
	}
	return fmt.Sprintf("indexes %d to %d", from, to)
}
