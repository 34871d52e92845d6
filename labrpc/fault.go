package labrpc

import "time"

// Link is one direction between two servers: messages of From to To. Requests
// of i to j travel on {i, j}, the replies to them on {j, i}.
type Link struct{ From, To int }

// Nobody stands for a client or server without a number.
const Nobody = -1

// Back returns the other direction.
func (l Link) Back() Link { return Link{From: l.To, To: l.From} }

// linkOf reads the link off the name of an end.
func linkOf(name any) Link {
	if l, ok := name.(Link); ok {
		return l
	}
	return Link{Nobody, Nobody}
}

// Faults are what is wrong with one link, on top of the network's own quality.
// The zero value is a good link.
type Faults struct {
	Cut       bool          // nothing passes
	Loss      float64       // share of messages lost, 0 to 1
	Duplicate float64       // share of requests that arrive twice, 0 to 1
	Late      time.Duration // messages are late by up to this much
}

// SetLink sets what is wrong with a link.
func (n *Network) SetLink(l Link, f Faults) {
	n.change(func(v *view) {
		if f == (Faults{}) {
			v.links = without(v.links, l)
		} else {
			v.links = with(v.links, l, f)
		}
	})
}

// A Filter chooses messages. The zero value chooses all.
type Filter struct {
	Method string // such as "Raft.AppendEntries"; empty for all
	Links  []Link // directions of travel; none for all
	Kind   Kind   // [Sent] for requests only, [Replied] for replies only, 0 for both
}

func (f Filter) matches(kind Kind, method string, l Link) bool {
	if f.Method != "" && f.Method != method || f.Kind != 0 && f.Kind != kind {
		return false
	}
	for _, link := range f.Links {
		if link == l {
			return true
		}
	}
	return len(f.Links) == 0
}

// A Hold keeps the messages it matches on the network until it is released, or
// dropped.
type Hold struct {
	filter   Filter
	network  *Network
	released chan struct{}
	dropped  chan struct{}
}

// Hold holds back what the filter chooses, from now on.
func (n *Network) Hold(f Filter) *Hold {
	h := &Hold{filter: f, network: n, released: make(chan struct{}), dropped: make(chan struct{})}
	n.change(func(v *view) { v.holds = append(v.holds[:len(v.holds):len(v.holds)], h) })
	return h
}

// Release lets go of what was held, each message with its own delay, and holds
// nothing more. A hold is released or dropped once.
func (h *Hold) Release() {
	h.Pass()
	close(h.released)
}

// Drop loses what was held, and holds nothing more.
func (h *Hold) Drop() {
	h.Pass()
	close(h.dropped)
}

// Pass lets later messages through, and keeps what is held until Release or Drop.
func (h *Hold) Pass() {
	h.network.change(func(v *view) {
		var rest []*Hold
		for _, other := range v.holds {
			if other != h {
				rest = append(rest, other)
			}
		}
		v.holds = rest
	})
}

// wait returns when no hold of the moment keeps the message, false if a hold drops
// it, or the network ends first.
func (c *call) wait(kind Kind, l Link) bool {
	for _, h := range c.view.Load().holds {
		if !h.filter.matches(kind, c.method, l) {
			continue
		}
		c.note(Held, l, nil, nil)
		select {
		case <-h.released:
		case <-h.dropped:
			c.note(Lost, l, nil, nil)
			return false
		case <-c.done:
			return false
		}
	}
	return true
}
