package labrpc

import "time"

// Link is one direction between two servers: messages from From to To. Requests from
// i to j travel on {i, j}, and the replies to them on {j, i}.
type Link struct{ From, To int }

// NoServer stands for a client, or a server without a number, in a [Link].
const NoServer = -1

// Back returns the opposite direction.
func (l Link) Back() Link { return Link{From: l.To, To: l.From} }

// linkOf returns the link that is the name of an end, if the name is one.
func linkOf(name any) Link {
	if l, ok := name.(Link); ok {
		return l
	}
	return Link{NoServer, NoServer}
}

// Faults are the faults of one link, in addition to those of the whole network. The
// zero value is a link without faults.
type Faults struct {
	Cut       bool          // no message passes
	Loss      float64       // share of messages lost, 0 to 1
	Duplicate float64       // share of requests that arrive twice, 0 to 1
	Late      time.Duration // maximum additional delay of a message
}

// SetLink sets the faults of a link.
func (n *Network) SetLink(l Link, f Faults) {
	n.change(func(v *view) {
		if f == (Faults{}) {
			v.links = without(v.links, l)
		} else {
			v.links = with(v.links, l, f)
		}
	})
}

// A Filter selects messages. The zero value selects all.
type Filter struct {
	Method string // such as "Raft.AppendEntries"; "" for all
	Links  []Link // directions of travel; nil for all
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

// A Hold keeps the messages that match its filter on the network until it is released
// or dropped.
type Hold struct {
	filter   Filter
	network  *Network
	released chan struct{}
	dropped  chan struct{}
}

// Hold holds the messages that the filter selects, from now on.
func (n *Network) Hold(f Filter) *Hold {
	h := &Hold{filter: f, network: n, released: make(chan struct{}), dropped: make(chan struct{})}
	n.change(func(v *view) { v.holds = append(v.holds[:len(v.holds):len(v.holds)], h) })
	return h
}

// Release delivers the held messages, each with its own delay, and holds no more
// messages. A hold must be released or dropped only once.
func (h *Hold) Release() {
	h.Pass()
	close(h.released)
}

// Drop loses the held messages, and holds no more messages.
func (h *Hold) Drop() {
	h.Pass()
	close(h.dropped)
}

// Pass lets later messages through, and keeps the held ones until Release or Drop.
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

// wait waits until no hold keeps the message. It returns false if a hold drops the
// message, or the network ends first. Holds that are added later do not matter.
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
