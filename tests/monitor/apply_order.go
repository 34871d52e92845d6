package monitor

import (
	"fmt"
	"time"
)

// ApplyOrder checks that a server applies each index once and in order, and after a
// snapshot the index that follows it. An ApplyOrder belongs to one life of one server. The
// zero value is that of a server that has applied nothing.
type ApplyOrder struct {
	Last     int  // index that was applied last, or covered by the latest installed snapshot
	Restored bool // the life began with state on the disk, and possibly a snapshot
	Kept     Kept // whether the saves before this life kept the snapshot

	began bool // an entry or a snapshot was sent to the service in this life
}

// Kept is whether a server's saves kept its snapshot.
type Kept int

// The values of Kept.
const (
	KeptAlways    Kept = iota // no save is known to have lost it
	KeptNever                 // no save had a snapshot
	KeptNotAlways             // a save lacked the snapshot that was saved before
)

// Command records that a server applied the entry at an index, and checks the order.
func (o *ApplyOrder) Command(server, index int, at time.Duration) *Violation {
	first := !o.began
	o.began = true
	if index == o.Last+1 {
		o.Last = index
		return nil
	}
	if first && o.Restored && index > 0 {
		return o.mismatch(server, index, at)
	}
	v := &Violation{Property: "ApplyOrder", At: at, Paper: "section 5.3, Figure 2 (lastApplied)", Handout: "2b.md#apply-in-order"}
	switch {
	case index <= 0:
		v.What = fmt.Sprintf("server %d applied an entry with CommandIndex %d; indexes begin at 1.", server, index)
	case index <= o.Last:
		v.What = fmt.Sprintf("server %d applied index %d again; it had already applied all entries up to index %d since it started.", server, index, o.Last)
	default:
		v.What = fmt.Sprintf("server %d applied index %d directly after index %d and skipped %s.", server, index, o.Last, span(o.Last+1, index-1))
	}
	return v
}

// mismatch returns the violation of a server that started with a log that does not match
// its snapshot.
func (o *ApplyOrder) mismatch(server, index int, at time.Duration) *Violation {
	v := &Violation{Property: "ApplyOrder", At: at, Paper: "section 7, Figure 2 (persistent state)", Handout: "2d.md#one-save"}
	with := fmt.Sprintf("with a snapshot up to index %d on its disk", o.Last)
	if o.Last == 0 {
		with = "without a snapshot on its disk"
	}
	v.What = fmt.Sprintf("server %d started %s, and the first entry that it applied was index %d. ", server, with, index)
	if index > o.Last {
		v.What += fmt.Sprintf("The log begins after that: %s missing.", missing(o.Last+1, index-1))
	} else {
		v.What += "The snapshot is newer than the log that was saved with it."
	}
	switch o.Kept {
	case KeptNever:
		v.What += " Save replaces both state and snapshot, and no Save of this server had a snapshot: pass the snapshot in every call of Save."
		v.Handout = "2d.md#restart"
	case KeptNotAlways:
		v.What += " Save replaces both state and snapshot, and one Save lacked the snapshot that was saved before: pass the snapshot in every call of Save, also after a restart."
		v.Handout = "2d.md#restart"
	default:
		v.What += " Save replaces state and snapshot in one step. Did two calls of Save write them, with a crash in between? Or did one Save write a snapshot and a log that do not match?"
	}
	return v
}

// Snapshot records that a server sent its service a snapshot, and checks the order.
func (o *ApplyOrder) Snapshot(server, index int, at time.Duration) *Violation {
	o.began = true
	if index >= o.Last {
		o.Last = index
		return nil
	}
	return &Violation{
		Property: "ApplyOrder", At: at,
		What:  fmt.Sprintf("server %d sent its service a snapshot up to index %d after all entries up to index %d were applied: the service would go back in time.", server, index, o.Last),
		Paper: "section 7, Figure 13", Handout: "2d.md#never-go-back",
	}
}

// missing returns a span of indexes with its verb.
func missing(from, to int) string {
	if from == to {
		return span(from, to) + " is"
	}
	return span(from, to) + " are"
}

func span(from, to int) string {
	if from == to {
		return fmt.Sprintf("index %d", from)
	}
	return fmt.Sprintf("indexes %d to %d", from, to)
}
