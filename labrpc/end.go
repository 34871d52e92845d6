package labrpc

import (
	"fmt"
	"reflect"
	"time"

	"raftlab/labgob"
)

// ClientEnd is the client's end of a link to one server.
type ClientEnd struct {
	call func(method string, args, reply any) bool
}

// Call sends a request to the server's handler of the method, such as
// "Raft.RequestVote", and waits for the reply. args points to the arguments, and reply
// to a zero value that Call fills in. Call reports whether there was a reply.
func (e *ClientEnd) Call(method string, args, reply any) bool {
	return e.call(method, args, reply)
}

// call is a call in flight. It runs in the goroutine of the caller, except for the
// handler.
type call struct {
	*Network
	end         *endpoint
	method      string
	link        Link // of the request
	request     []byte
	fate        fate
	unsent      bool             // the request never left: the network has ended, or the end was deleted
	refused     func(why string) // called if there is no such method; nil for a panic
	remoteReply *Encoded         // the reply of a remote handler
}

// call makes one call on the end e, from the request to the reply.
func (n *Network) call(e *endpoint, method string, args, reply any) bool {
	growStack()
	return n.begin(e, method, args).finish(reply)
}

// begin sends a request.
func (n *Network) begin(e *endpoint, method string, args any) *call {
	request, content, err := encode(args)
	if err != nil {
		panic(fmt.Sprintf("labrpc: the arguments of %s: %v", method, err))
	}
	v := n.view.Load()
	c := &call{Network: n, end: e, method: method, link: e.link, request: request}
	c.fate = n.fate(v, message{link: e.link, method: method, sent: n.now(), content: content})
	if c.unsent = n.ended(); c.unsent {
		return c
	}
	if _, ok := n.present(e); !ok {
		c.unsent = true
		c.note(Ignored, c.link, nil, nil)
		return c
	}
	n.total.calls.Add(1)
	n.total.bytes.Add(int64(len(request)))
	c.note(Sent, c.link, request, args)
	return c
}

// encode returns a message as bytes, and its fingerprint.
func encode(message any) (encoded []byte, print uint64, err error) {
	if e, ok := message.(*Encoded); ok {
		return e.Bytes, e.print, nil
	}
	encoded, err = labgob.Marshal(message)
	return encoded, fingerprint(message), err
}

// finish carries a call from its request to the reply.
func (c *call) finish(reply any) bool {
	if c.unsent {
		return c.abandoned()
	}
	server, ok := c.travel()
	if !ok {
		return false
	}
	answer, ok := c.ask(server)
	if !ok {
		return false
	}
	return c.deliver(server, answer, reply)
}

// travel carries the request to the server.
func (c *call) travel() (server *Server, ok bool) {
	if !c.wait(Sent, c.link) {
		return nil, c.abandoned()
	}
	if _, ok := c.reach(c.link); !ok {
		return nil, c.unreachable(c.link)
	}
	c.hop(c.link.From, c.fate.request)
	if c.fate.requestLost {
		return nil, c.lost(c.link)
	}
	if server, ok = c.reach(c.link); !ok {
		return nil, c.unreachable(c.link)
	}
	if server.find(c.method) == nil {
		if c.refused == nil {
			panic(server.unknown(c.method))
		}
		c.refused(server.unknown(c.method))
		return nil, false
	}
	return server, true
}

// ask makes the server handle the request, twice if the request is duplicated, and
// waits for the reply. It returns false if the server dies first.
func (c *call) ask(server *Server) (answer []byte, ok bool) {
	if c.fate.duplicated {
		go func() {
			c.hop(c.link.From, c.fate.echo)
			if again, ok := c.reach(c.link); ok && again == server {
				c.note(Duplicated, c.link, c.request, nil)
				server.handle(c.method, c.request, func(any) {})
			}
		}()
	}
	c.note(Delivered, c.link, c.request, nil)
	answers := make(chan []byte, 1)
	go server.handle(c.method, c.request, func(reply any) {
		e, isEncoded := reply.(*Encoded)
		encoded := []byte(nil)
		if isEncoded {
			encoded, c.remoteReply = e.Bytes, e
		} else {
			var err error
			if encoded, err = labgob.Marshal(reply); err != nil {
				panic(fmt.Sprintf("labrpc: the reply of %s: %v", c.method, err))
			}
		}
		c.note(Replied, c.link.Back(), encoded, reply)
		answers <- encoded
	})
	select {
	case answer = <-answers:
		return answer, true
	case <-server.deleted():
		if server.lastCall.Load() == c.fate.id {
			return <-answers, true
		}
		return nil, c.unreachable(c.link.Back())
	case <-c.done:
		return nil, c.abandoned()
	}
}

// deliver carries the reply to the caller, unless the server has been deleted or cut
// off since it replied.
func (c *call) deliver(server *Server, answer []byte, reply any) bool {
	back := c.link.Back()
	if !c.wait(Replied, back) {
		return c.abandoned()
	}
	c.hop(c.link.To, c.fate.reply)
	if c.fate.replyLost {
		return c.lost(back)
	}
	if !c.returns(server) {
		return c.lost(back)
	}
	c.total.bytes.Add(int64(len(answer)))
	if e, ok := reply.(*Encoded); ok {
		*e = Encoded{Bytes: answer}
		if c.remoteReply != nil {
			*e = *c.remoteReply
		}
	} else if err := labgob.Unmarshal(answer, reply); err != nil {
		panic(fmt.Sprintf("labrpc: the reply of %s does not fit into a %T: %v", c.method, reply, err))
	}
	c.note(Returned, back, answer, reply)
	return true
}

// reach returns the server that the end leads to. It returns false if the server is
// down, the end is disabled, deleted or replaced, or the link is cut.
func (c *call) reach(l Link) (*Server, bool) {
	v := c.view.Load()
	now, ok := c.present(c.end)
	if !ok || !now.enabled || v.links[l].Cut {
		return nil, false
	}
	s, ok := v.servers[now.server]
	return s, ok
}

// returns reports whether a reply of the server can still be delivered.
func (c *call) returns(server *Server) bool {
	v := c.view.Load()
	now, ok := c.present(c.end)
	if !ok || !now.enabled || v.links[c.link.Back()].Cut {
		return false
	}
	return server.lastCall.Load() == c.fate.id || v.servers[now.server] == server
}

// A call fails in one of three ways: the server is unreachable, a message is lost, or
// the call is abandoned because the caller is no longer on the network. Time passes in
// each, so that a caller that retries in a loop cannot stop the virtual clock.

func (c *call) unreachable(l Link) bool {
	time.Sleep(c.fate.failure)
	c.note(Unreachable, l, nil, nil)
	return false
}

func (c *call) lost(l Link) bool {
	c.note(Lost, l, nil, nil)
	return false
}

func (c *call) abandoned() bool {
	time.Sleep(c.fate.failure)
	return false
}

// note passes an event of this call to the observer, if there is one.
func (c *call) note(kind Kind, l Link, encoded []byte, body any) {
	if c.observer != nil {
		e := Event{Kind: kind, ID: c.fate.id, Link: l, Method: c.method, Bytes: len(encoded)}
		if m, ok := body.(*Encoded); ok {
			e.Body, e.Rest = m.Fields, m.Rest
		} else if body != nil {
			e.Body, e.Rest = contentOf(reflect.ValueOf(body))
		}
		c.observe(e)
	}
}

// present returns where an end leads to now. It returns false if the end was deleted,
// or replaced by another with the same name.
func (n *Network) present(e *endpoint) (now *endpoint, ok bool) {
	now = n.endpoint(e.name)
	return now, now != nil && now.owner == e.owner
}

// ended reports whether Cleanup was called.
func (n *Network) ended() bool {
	select {
	case <-n.done:
		return true
	default:
		return false
	}
}
