package labrpc

import (
	"time"

	"raftlab/internal/hashes"
	"raftlab/internal/quiet"
)

// The figures of an unreliable network, as courses have long taught them.
const (
	minHop         = 200 * time.Microsecond
	maxHop         = 2 * time.Millisecond
	maxLate        = 27 * time.Millisecond // of a request
	lossRate       = 0.1                   // of requests, and of replies
	reorderRate    = 2.0 / 3               // of replies
	minReorder     = 200 * time.Millisecond
	reorderSpan    = 2 * time.Second
	maxFailure     = 100 * time.Millisecond
	maxLongFailure = 7 * time.Second
	maxEcho        = 50 * time.Millisecond // between a request and its double
)

// message identifies one call.
type message struct {
	link    Link
	method  string
	sent    time.Duration
	content uint64 // fingerprint of the arguments
}

// fate is what will happen to a message if the servers are up and the links are
// not cut.
type fate struct {
	id          uint64
	request     time.Duration // how long the request travels
	requestLost bool
	reply       time.Duration // how long the reply travels
	replyLost   bool
	duplicated  bool
	echo        time.Duration // how long the double comes after the request
	failure     time.Duration // how long it takes to learn that nobody answers
}

// fate draws what happens to a message. It is a function of the seed, the
// message, and the state of the network, so the order in which goroutines reach
// the network changes nothing. No delay is zero: each hop moves the clock.
func (n *Network) fate(v *view, m message) fate {
	id := n.seed
	for _, part := range [...]uint64{uint64(m.link.From), uint64(m.link.To), hashes.String(m.method), uint64(m.sent), m.content} {
		id = hashes.Mix(id ^ part)
	}
	id = hashes.Mix(id + n.repeat.of(id))

	d := draws{numbers: hashes.Stream(id)}
	f := fate{id: id}
	out, back := v.links[m.link], v.links[m.link.Back()]
	f.request = d.between(minHop, maxHop)
	if v.mode.lossy {
		f.request = d.between(minHop, maxLate)
	}
	f.request += d.between(0, out.Late)
	f.requestLost = d.chance(out.Loss) || v.mode.lossy && d.chance(lossRate)
	f.reply = d.between(minHop, maxHop)
	if v.mode.reordering && d.chance(reorderRate) {
		f.reply = minReorder + time.Duration(d.unit()*d.unit()*float64(reorderSpan))
	}
	f.reply += d.between(0, back.Late)
	f.replyLost = d.chance(back.Loss) || v.mode.lossy && d.chance(lossRate)
	f.duplicated = d.chance(out.Duplicate)
	f.echo = d.between(minHop, maxEcho+out.Late)
	f.failure = d.between(minHop, maxFailure)
	if v.mode.longDelays {
		f.failure = d.between(minHop, maxLongFailure)
	}
	return f
}

// draws is the stream of random numbers that belongs to one message.
type draws struct{ numbers hashes.Stream }

// unit returns a number in [0, 1).
func (d *draws) unit() float64 { return float64(d.numbers.Next()>>11) / (1 << 53) }

func (d *draws) chance(p float64) bool { return d.unit() < p }

// between returns a duration in [low, high), or low if high is not above it.
func (d *draws) between(low, high time.Duration) time.Duration {
	u := d.unit()
	if high <= low {
		return low
	}
	return low + time.Duration(u*float64(high-low))
}

// occurrences counts messages that are alike in everything, the instant
// included. It is a table of the latest: an entry holds 48 bits of a message's
// hash and how often that has come.
type occurrences [1 << 10]quiet.Word

func (o *occurrences) of(hash uint64) uint64 {
	const count = 1<<16 - 1
	slot := &o[hash%uint64(len(o))]
	for {
		old := slot.Load()
		next := hash &^ count
		if old&^count == hash&^count {
			next = old + 1
		}
		if slot.CompareAndSwap(old, next) {
			return next & count
		}
	}
}
