package monitor

import (
	"fmt"
	"time"
)

// ApplyOrder: a server applies each index once and in order, and after a
// snapshot the one that follows it. One belongs to one life of one server. The
// zero value is that of a server that has applied nothing.
type ApplyOrder struct {
	Last     int  // index applied last, or covered by the snapshot installed last
	Restored bool // the life began with a disk that had state, and may have had a snapshot
	Kept     Kept // what the saves before this life did with snapshots

	began bool // something was handed to the service in this life
}

// Kept says whether a server's saves kept its snapshot.
type Kept int

const (
	KeptAlways    Kept = iota // as far as can be seen
	KeptNever                 // no save had one
	KeptNotAlways             // one left out the snapshot that was there before
)

// Command is told that a server applied the entry at an index.
func (o *ApplyOrder) Command(server, index int, at time.Duration) *Violation {
	first := !o.began
	o.began = true
	if index == o.Last+1 {
		o.Last = index
		return nil
	}
	if first && o.Restored && index > 0 {
		return o.apart(server, index, at)
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

// apart says that a life began with a log that does not go with its snapshot.
func (o *ApplyOrder) apart(server, index int, at time.Duration) *Violation {
	v := &Violation{Property: "ApplyOrder", At: at, Paper: "section 7, Figure 2 (persistent state)", Handout: "2d.md#one-save"}
	with := fmt.Sprintf("with a snapshot up to index %d on its disk", o.Last)
	if o.Last == 0 {
		with = "without a snapshot on its disk"
	}
	v.What = fmt.Sprintf("server %d started %s, and the first entry that it applied was index %d. ", server, with, index)
	if index > o.Last {
		v.What += fmt.Sprintf("The log begins later than that: %s missing.", missing(o.Last+1, index-1))
	} else {
		v.What += "The snapshot is newer than the log that was saved with it."
	}
	switch o.Kept {
	case KeptNever:
		v.What += " Save replaces state and snapshot, and no Save of this server had a snapshot: pass it in each."
		v.Handout = "2d.md#restart"
	case KeptNotAlways:
		v.What += " Save replaces state and snapshot, and one left out the snapshot that was saved before: pass it in each Save, after a restart too."
		v.Handout = "2d.md#restart"
	default:
		v.What += " Save replaces state and snapshot in one step. Did two Saves write them, with a crash in between? Or one Save a snapshot and a log that do not go together?"
	}
	return v
}

// Snapshot is told that a server handed its service a snapshot.
func (o *ApplyOrder) Snapshot(server, index int, at time.Duration) *Violation {
	o.began = true
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

// missing is span with its verb.
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
