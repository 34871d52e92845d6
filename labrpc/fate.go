package labrpc

import (
	"time"

	"raftlab/internal/hashes"
	"raftlab/internal/quiet"
)

// The parameters of an unreliable network, as courses have long used them.
const (
	minHop         = 200 * time.Microsecond
	maxHop         = 2 * time.Millisecond
	maxLate        = 27 * time.Millisecond // delay of a request
	lossRate       = 0.1                   // of requests, and of replies
	reorderRate    = 2.0 / 3               // of replies
	minReorder     = 200 * time.Millisecond
	reorderSpan    = 2 * time.Second
	maxFailure     = 100 * time.Millisecond
	maxLongFailure = 7 * time.Second
	maxEcho        = 50 * time.Millisecond // between a request and its duplicate
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
	request     time.Duration // delay of the request
	requestLost bool
	reply       time.Duration // delay of the reply
	replyLost   bool
	duplicated  bool
	echo        time.Duration // delay of the duplicate after the request
	failure     time.Duration // time until a call to an unreachable server fails
}

// fate draws the fate of a message. It is a function of the seed, the message, and the
// state of the network, so it does not depend on the order in which goroutines reach
// the network. No delay is zero: each hop advances the clock.
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

// draws is the stream of random numbers of one message.
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

// occurrences counts messages that are identical in everything, including the time of
// sending. It is a table of the latest messages: an entry holds 48 bits of a message's
// hash and the count.
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
