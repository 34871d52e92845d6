package kvtest

import (
	"raftlab/internal/plain"
	"raftlab/tests/linear"
	"raftlab/tests/trace"
)

// nameOf returns what tells an operation from all others: a client has one at a time.
func nameOf(o linear.Op) linear.Op { return linear.Op{Client: o.Client, Call: o.Call} }

// tell returns the operations of the clients as events of a trace, with what the check
// found of them.
func (l *Lab) tell() (events []trace.Event) {
	ops := l.operations()
	l.mu.Lock()
	r := l.checked
	l.mu.Unlock()
	places := map[linear.Op]int{}
	for _, order := range r.Orders {
		for i, o := range order {
			places[nameOf(o)] = i + 1
		}
	}
	against := map[linear.Op]bool{}
	for _, o := range r.Against {
		against[nameOf(o)] = true
	}
	for _, o := range ops {
		e := trace.Event{At: o.Call, Kind: trace.Operation, Server: trace.Outside + o.Client, Bytes: len(o.Value)}
		e.Rest = trace.Details("Op", string(o.Kind), "Key", o.Key)
		if o.Kind != linear.Get || o.Return != linear.Pending {
			e.Rest = append(e.Rest, trace.Details("Value", plain.JSON(plain.AppendString(nil, ends(o.Value))))...)
		}
		if o.Return != linear.Pending {
			e.Rest = append(e.Rest, trace.Details("Returned", int(o.Return))...)
		}
		if place := places[nameOf(o)]; place > 0 {
			e.Rest = append(e.Rest, trace.Details("Place", place)...)
		}
		if r.Verdict == linear.Violated && o == r.Culprit {
			e.Rest = append(e.Rest, trace.Details("Misfit", true)...)
		}
		if against[nameOf(o)] {
			e.Rest = append(e.Rest, trace.Details("Conflict", true)...)
		}
		events = append(events, e)
	}
	return events
}

// ends returns a value without the middle of what is long: appended values differ at
// their end.
func ends(value string) string {
	const first, last = 40, 120
	if len(value) <= first+last {
		return value
	}
	return value[:first] + "..." + value[len(value)-last:]
}
