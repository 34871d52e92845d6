package rafttest

import (
	"strings"
	"time"

	"raftlab/internal/quiet"
	"raftlab/labrpc"
	"raftlab/tests/trace"
)

// Some cases inject a fault at a message, not at a time. They watch the network while they run.
// A program's messages are recognized by the names of Figure 2 and Figure 13.

// verb is one of the paper's RPCs.
type verb int

const (
	other verb = iota
	requestVote
	appendEntries
	installSnapshot
	verbs // the number of them
)

var verbNames = [verbs]string{"", "RequestVote", "AppendEntries", "InstallSnapshot"}

func (v verb) String() string { return verbNames[v] }

// verbOf returns the verb of a method such as "Raft.RequestVote".
func verbOf(method string) verb {
	_, name, _ := strings.Cut(method, ".")
	for v := requestVote; v < verbs; v++ {
		if name == verbNames[v] {
			return v
		}
	}
	return other
}

// field is a number in a message that cases use.
type field int

const (
	fTerm field = iota
	fLastLogIndex
	fLastLogTerm
	fVoteGranted
	fPrevLogIndex
	fPrevLogTerm
	fEntries
	fLeaderCommit
	fSuccess
	fLastIncludedIndex
	fLastIncludedTerm
	fields // the number of them
)

var fieldNames = [fields]string{
	"Term", "LastLogIndex", "LastLogTerm", "VoteGranted", "PrevLogIndex", "PrevLogTerm", "Entries",
	"LeaderCommit", "Success", "LastIncludedIndex", "LastIncludedTerm",
}

// sighting is an event about a message.
type sighting struct {
	at       time.Duration
	kind     labrpc.Kind
	verb     verb
	from, to int // trace.Outside or more for the lab itself
	id       uint64
	present  uint64 // a bit for each field that the message has
	value    [fields]int64
}

// get returns a field of the message, and whether the message has it.
func (s sighting) get(f field) (int, bool) { return int(s.value[f]), s.present&(1<<f) != 0 }

// is reports whether the message has a field with that value.
func (s sighting) is(f field, value int) bool {
	v, ok := s.get(f)
	return ok && v == value
}

// sent reports whether a server, not the lab, sent a request.
func (s sighting) sent(v verb) bool {
	return s.kind == labrpc.Sent && s.verb == v && s.from < trace.Outside
}

// replied reports whether a server replied to a request, of another server or of the lab.
func (s sighting) replied(v verb) bool { return s.kind == labrpc.Replied && s.verb == v }

// wire records the messages on the network. Reading it orders no goroutines for the race
// detector.
type wire struct{ rows quiet.Rows }

// watch begins to watch the network. Cases call it first.
func (l *Lab) watch() {
	l.wire = &wire{}
	l.cluster.Watch(func(e labrpc.Event) { l.wire.note(l.trial.Now(), e) })
}

// note records an event. A row holds the event in a word, the time, the call, and a word for
// each field.
func (w *wire) note(now time.Duration, e labrpc.Event) {
	var row quiet.Row
	present := uint64(0)
	for _, f := range e.Body {
		for k, name := range fieldNames {
			if f.Name == name {
				present |= 1 << k
				row[3+k] = uint64(f.Value)
			}
		}
	}
	row[0] = present<<40 | uint64(e.Kind)<<32 | uint64(verbOf(e.Method))<<24 | uint64(e.Link.From&0xfff)<<12 | uint64(e.Link.To&0xfff)
	row[1], row[2] = uint64(now), e.ID
	w.rows.Add(row)
}

func sightingOf(row quiet.Row) sighting {
	s := sighting{
		at: time.Duration(row[1]), id: row[2],
		present: row[0] >> 40, kind: labrpc.Kind(row[0] >> 32), verb: verb(row[0] >> 24 & 0xff),
		from: int(row[0] >> 12 & 0xfff), to: int(row[0] & 0xfff),
	}
	for k := range s.value {
		s.value[k] = int64(row[3+k])
	}
	return s
}

// lastEntries records the index of the last entry of each AppendEntries, or its PrevLogIndex if
// it has no entries.
type lastEntries map[uint64]int

// acknowledged records an event. It reports whether that is a reply by which a server
// acknowledges all entries up to an index.
func (b lastEntries) acknowledged(s sighting, server, index int) bool {
	if s.sent(appendEntries) && s.to == server {
		prev, _ := s.get(fPrevLogIndex)
		count, _ := s.get(fEntries)
		b[s.id] = prev + count
	}
	return s.replied(appendEntries) && s.from == server && s.is(fSuccess, 1) && b[s.id] >= index
}

// A caller may abandon its call after patience, the shortest time that the contract allows, and
// then it ignores the reply. So a reply counts as received only if it arrives within prompt of
// its request.
const (
	patience = 100 * time.Millisecond
	prompt   = 80 * time.Millisecond
)

// sendTimes records when requests were sent.
type sendTimes map[uint64]time.Duration

// returned records an event. It reports whether that is a reply of one kind that reached a
// server promptly.
func (p sendTimes) returned(s sighting, v verb, to int) bool {
	if s.sent(v) {
		p[s.id] = s.at
	}
	sent, known := p[s.id]
	return s.kind == labrpc.Returned && s.verb == v && s.to == to && known && s.at-sent <= prompt
}

// reader reads the recorded events in order.
type reader struct {
	lab  *Lab
	at   int
	pace time.Duration // how often it checks for new events
}

// fromNow returns a reader of future events.
func (l *Lab) fromNow() *reader {
	r := &reader{lab: l, pace: networkPoll}
	for {
		if _, ok := r.next(); !ok {
			return r
		}
	}
}

// fromStart returns a reader of all events.
func (l *Lab) fromStart() *reader { return &reader{lab: l, pace: networkPoll} }

// unhurried makes a reader check less often, which is enough if the situation that it waits for
// lasts: checking is most of the cost of a case that waits for elections.
func (r *reader) unhurried() *reader {
	r.pace = 10 * networkPoll
	return r
}

// next returns the next event, and false if there is none yet.
func (r *reader) next() (sighting, bool) {
	row, ok := r.lab.wire.rows.Get(r.at)
	if !ok {
		return sighting{}, false
	}
	r.at++
	return sightingOf(row), true
}

// find returns the next recorded event that matches, if there is one.
func (r *reader) find(match func(sighting) bool) (sighting, bool) {
	for {
		s, ok := r.next()
		if !ok || match(s) {
			return s, ok
		}
	}
}

// networkPoll is how often a case checks the network. A hop takes at least 0.2 ms.
const networkPoll = 300 * time.Microsecond

// await waits for an event that matches, and returns it. It returns false if there is none in
// time.
func (r *reader) await(within time.Duration, match func(sighting) bool) (sighting, bool) {
	for deadline := r.lab.trial.Now() + within; ; r.lab.main.Sleep(r.pace) {
		if s, ok := r.find(match); ok {
			return s, true
		}
		if r.lab.trial.Now() > deadline {
			return sighting{}, false
		}
	}
}

// until waits until condition returns true. It reports whether it did in time.
func (l *Lab) until(within time.Duration, condition func() bool) bool {
	for deadline := l.trial.Now() + within; !condition(); l.main.Sleep(poll) {
		if l.trial.Now() > deadline {
			return false
		}
	}
	return true
}
