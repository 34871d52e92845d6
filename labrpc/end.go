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

// Call asks the server to handle the method, such as "Raft.RequestVote", with
// what args points to, and waits for the reply to fill what reply points to,
// which should be zero. It returns whether there was a reply.
func (e *ClientEnd) Call(method string, args, reply any) bool {
	return e.call(method, args, reply)
}

// call is one call on its way. It runs in the goroutine of the caller, but for
// the handler.
type call struct {
	*Network
	end     *endpoint
	method  string
	link    Link // of the request
	request []byte
	fate    fate
	unheard bool             // it has not left: the network has ended, or the end is dead
	refused func(why string) // told if there is no such method; nil for a panic
	said    *Encoded         // a reply that came encoded
}

// call carries one call of the end e from the request to the reply.
func (n *Network) call(e *endpoint, method string, args, reply any) bool {
	growStack()
	return n.begin(e, method, args).finish(reply)
}

// begin has a request leave its sender.
func (n *Network) begin(e *endpoint, method string, args any) *call {
	request, content, err := encode(args)
	if err != nil {
		panic(fmt.Sprintf("labrpc: the arguments of %s: %v", method, err))
	}
	v := n.view.Load()
	c := &call{Network: n, end: e, method: method, link: e.link, request: request}
	c.fate = n.fate(v, message{link: e.link, method: method, sent: n.now(), content: content})
	if c.unheard = n.ended(); c.unheard {
		return c
	}
	if _, ok := n.present(e); !ok {
		c.unheard = true // nobody hears what it does
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
	if c.unheard {
		return c.giveUp()
	}
	server, ok := c.travel()
	if !ok {
		return false
	}
	answer, ok := c.ask(server)
	if !ok {
		return false
	}
	return c.comeBack(server, answer, reply)
}

// travel takes the request to the server.
func (c *call) travel() (server *Server, ok bool) {
	if !c.wait(Sent, c.link) {
		return nil, c.giveUp()
	}
	if _, ok := c.reach(c.link); !ok {
		return nil, c.nobody(c.link)
	}
	c.hop(c.link.From, c.fate.request)
	if c.fate.requestLost {
		return nil, c.lost(c.link)
	}
	if server, ok = c.reach(c.link); !ok {
		return nil, c.nobody(c.link)
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

// ask has the server handle the request, twice if that is its fate, and waits
// for the reply. It returns without one if the server dies.
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
			encoded, c.said = e.Bytes, e
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
	case <-server.gone():
		if server.parting.Load() == c.fate.id {
			return <-answers, true
		}
		return nil, c.nobody(c.link.Back())
	case <-c.done:
		return nil, c.giveUp()
	}
}

// comeBack takes the reply to the caller, unless the server has been deleted or
// cut off since.
func (c *call) comeBack(server *Server, answer []byte, reply any) bool {
	back := c.link.Back()
	if !c.wait(Replied, back) {
		return c.giveUp()
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
		if c.said != nil {
			*e = *c.said
		}
	} else if err := labgob.Unmarshal(answer, reply); err != nil {
		panic(fmt.Sprintf("labrpc: the reply of %s does not fit into a %T: %v", c.method, reply, err))
	}
	c.note(Returned, back, answer, reply)
	return true
}

// reach returns the server at the other side of the end, if it is up, the end
// is enabled and still the one of its name, and messages pass on the link.
func (c *call) reach(l Link) (*Server, bool) {
	v := c.view.Load()
	now, ok := c.present(c.end)
	if !ok || !now.enabled || v.links[l].Cut {
		return nil, false
	}
	s, ok := v.servers[now.server]
	return s, ok
}

// returns tells whether a reply of the server can still be delivered.
func (c *call) returns(server *Server) bool {
	v := c.view.Load()
	now, ok := c.present(c.end)
	if !ok || !now.enabled || v.links[c.link.Back()].Cut {
		return false
	}
	return server.parting.Load() == c.fate.id || v.servers[now.server] == server
}

// nobody, lost and giveUp are the ways to fail: there is nobody to answer, the
// message got lost, or the caller itself is not on the network any more. Some
// time passes in each, so that a caller that tries again and again cannot stop
// the clock.
func (c *call) nobody(l Link) bool {
	time.Sleep(c.fate.failure)
	c.note(Unreachable, l, nil, nil)
	return false
}

func (c *call) lost(l Link) bool {
	c.note(Lost, l, nil, nil)
	return false
}

func (c *call) giveUp() bool {
	time.Sleep(c.fate.failure)
	return false
}

// note tells the observer, if there is one, what happened to a message.
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

// present returns where an end leads to now, and false if it was deleted or
// replaced by another of its name.
func (n *Network) present(e *endpoint) (now *endpoint, ok bool) {
	now = n.endpoint(e.name)
	return now, now != nil && now.owner == e.owner
}

// ended tells whether the network was cleaned up.
func (n *Network) ended() bool {
	select {
	case <-n.done:
		return true
	default:
		return false
	}
}
