package rafttest

import (
	"strings"
	"time"

	"raftlab/internal/quiet"
	"raftlab/labrpc"
	"raftlab/tests/trace"
)

// Some cases place a fault where a message is, not where a clock stands. They
// watch the network while they run. A program's messages are known by the names
// of Figure 2 and Figure 13; of one that uses other names less can be checked.

// verb is one of the paper's RPCs.
type verb int

const (
	other verb = iota
	requestVote
	appendEntries
	installSnapshot
	verbs // how many there are
)

var verbNames = [verbs]string{"", "RequestVote", "AppendEntries", "InstallSnapshot"}

func (v verb) String() string { return verbNames[v] }

// verbOf recognises a method such as "Raft.RequestVote".
func verbOf(method string) verb {
	_, name, _ := strings.Cut(method, ".")
	for v := requestVote; v < verbs; v++ {
		if name == verbNames[v] {
			return v
		}
	}
	return other
}

// field is one of the numbers in a message that cases look at.
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
	fields // how many there are
)

var fieldNames = [fields]string{
	"Term", "LastLogIndex", "LastLogTerm", "VoteGranted", "PrevLogIndex", "PrevLogTerm", "Entries",
	"LeaderCommit", "Success", "LastIncludedIndex", "LastIncludedTerm",
}

// sighting is something that happened to a message.
type sighting struct {
	at       time.Duration
	kind     labrpc.Kind
	verb     verb
	from, to int // from trace.Outside on the test itself
	id       uint64
	present  uint64 // which fields the message has, a bit each
	value    [fields]int64
}

// get returns a field of the message, and whether it has one of that name.
func (s sighting) get(f field) (int, bool) { return int(s.value[f]), s.present&(1<<f) != 0 }

// is tells whether the message has a field, with that value.
func (s sighting) is(f field, value int) bool {
	v, ok := s.get(f)
	return ok && v == value
}

// sent and replied tell whether a server, not the test, sent a request, or
// answered one, whoever asked.
func (s sighting) sent(v verb) bool {
	return s.kind == labrpc.Sent && s.verb == v && s.from < trace.Outside
}

func (s sighting) replied(v verb) bool { return s.kind == labrpc.Replied && s.verb == v }

// wire is what a case sees of the network. Reading it orders nobody for the race
// detector.
type wire struct{ rows quiet.Rows }

// watch begins to watch the network. Cases call it first of all.
func (l *Lab) watch() {
	l.wire = &wire{}
	l.cluster.Watch(func(e labrpc.Event) { l.wire.note(l.trial.Now(), e) })
}

// A row holds what was seen in a word, the time, the call, and a word a field.
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

// brought remembers which entry is the last that a call of AppendEntries brings, or
// follows if it brings none.
type brought map[uint64]int

// acknowledged takes in what was seen. It tells whether that is an answer with which
// a server acknowledges all entries up to an index.
func (b brought) acknowledged(s sighting, server, index int) bool {
	if s.sent(appendEntries) && s.to == server {
		prev, _ := s.get(fPrevLogIndex)
		count, _ := s.get(fEntries)
		b[s.id] = prev + count
	}
	return s.replied(appendEntries) && s.from == server && s.is(fSuccess, 1) && b[s.id] >= index
}

// A caller may give up on its own call after patience, the shortest time that the
// contract grants it, and then ignores the answer. So an answer counts as heard only if
// it is back within prompt of its request, which leaves the caller some room.
const (
	patience = 100 * time.Millisecond
	prompt   = 80 * time.Millisecond
)

// promptly remembers when requests were sent.
type promptly map[uint64]time.Duration

// returned records what was seen. It reports whether that is an answer of one kind that
// reached a server promptly.
func (p promptly) returned(s sighting, v verb, to int) bool {
	if s.sent(v) {
		p[s.id] = s.at
	}
	sent, known := p[s.id]
	return s.kind == labrpc.Returned && s.verb == v && s.to == to && known && s.at-sent <= prompt
}

// reader goes through what was seen, once.
type reader struct {
	lab  *Lab
	at   int
	pace time.Duration // how often it looks for more
}

// fromNow returns a reader of what will be seen.
func (l *Lab) fromNow() *reader {
	r := &reader{lab: l, pace: blink}
	for {
		if _, ok := r.next(); !ok {
			return r
		}
	}
}

// fromStart returns a reader of all that was seen.
func (l *Lab) fromStart() *reader { return &reader{lab: l, pace: blink} }

// unhurried has a reader look less often, where what it waits for stays as it is:
// looking is most of what a case costs that waits for elections.
func (r *reader) unhurried() *reader {
	r.pace = 10 * blink
	return r
}

// next returns what was seen next, and false if there is nothing more yet.
func (r *reader) next() (sighting, bool) {
	row, ok := r.lab.wire.rows.Get(r.at)
	if !ok {
		return sighting{}, false
	}
	r.at++
	return sightingOf(row), true
}

// find returns the next that is so of what was seen, if there is one.
func (r *reader) find(so func(sighting) bool) (sighting, bool) {
	for {
		s, ok := r.next()
		if !ok || so(s) {
			return s, ok
		}
	}
}

// blink is how often a case looks at the network: a hop takes 0.2 ms at least.
const blink = 300 * time.Microsecond

// await waits until something that is so has been seen, and returns it. It
// returns false if that does not come in time.
func (r *reader) await(within time.Duration, so func(sighting) bool) (sighting, bool) {
	for deadline := r.lab.trial.Now() + within; ; r.lab.main.Sleep(r.pace) {
		if s, ok := r.find(so); ok {
			return s, true
		}
		if r.lab.trial.Now() > deadline {
			return sighting{}, false
		}
	}
}

// until waits until something is so, and returns whether it came in time.
func (l *Lab) until(within time.Duration, so func() bool) bool {
	for deadline := l.trial.Now() + within; !so(); l.main.Sleep(poll) {
		if l.trial.Now() > deadline {
			return false
		}
	}
	return true
}
