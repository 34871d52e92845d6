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

// call carries one call of the end e from the request to the reply, in the
// goroutine of the caller but for the handler.
func (n *Network) call(e *endpoint, method string, args, reply any) bool {
	request, err := labgob.Marshal(args)
	if err != nil {
		panic(fmt.Sprintf("labrpc: the arguments of %s: %v", method, err))
	}
	m := message{link: e.link, method: method, sent: n.now(), content: fingerprint(args)}
	v := n.view.Load()
	f := n.fate(v, m)
	if v.retired(e) { // its server has crashed: what it does is not heard
		n.sleep(f.failure)
		return false
	}
	n.total.calls.Add(1)
	n.total.bytes.Add(int64(len(request)))
	event := func(kind Kind, l Link, bytes int) Event {
		return Event{Kind: kind, ID: f.id, Link: l, Method: method, Bytes: bytes}
	}
	if n.observer != nil {
		sent := event(Sent, m.link, len(request))
		sent.Body = fieldsOf(reflect.ValueOf(args))
		n.observe(sent)
	}

	fail := func(kind Kind, l Link) bool {
		n.observe(event(kind, l, 0))
		return false
	}
	if !n.wait(Sent, method, m.link) {
		return false
	}
	if _, ok := n.view.Load().reach(e, m.link); !ok {
		n.sleep(f.failure)
		return fail(Unreachable, m.link)
	}
	n.sleep(f.request)
	if f.requestLost {
		return fail(Lost, m.link)
	}
	server, ok := n.view.Load().reach(e, m.link)
	if !ok {
		n.sleep(f.failure)
		return fail(Unreachable, m.link)
	}
	if server.find(method) == nil {
		panic(server.unknown(method))
	}
	if f.duplicated {
		go func() {
			n.sleep(f.echo)
			if again, ok := n.view.Load().reach(e, m.link); ok && again == server {
				n.observe(event(Delivered, m.link, len(request)))
				server.handle(method, request, nil)
			}
		}()
	}

	n.observe(event(Delivered, m.link, len(request)))
	replies := make(chan []byte, 1)
	go server.handle(method, request, func(body reflect.Value) {
		encoded, err := labgob.Marshal(body.Interface())
		if err != nil {
			panic(fmt.Sprintf("labrpc: the reply of %s: %v", method, err))
		}
		if n.observer != nil {
			replied := event(Replied, m.link.Back(), len(encoded))
			replied.Body = fieldsOf(body)
			n.observe(replied)
		}
		replies <- encoded
	})
	var answer []byte
	select {
	case answer = <-replies:
	case <-server.gone():
		n.sleep(f.failure)
		return fail(Unreachable, m.link.Back())
	case <-n.done:
		return false
	}

	if !n.wait(Replied, method, m.link.Back()) {
		return false
	}
	n.sleep(f.reply)
	if f.replyLost {
		return fail(Lost, m.link.Back())
	}
	if now, ok := n.view.Load().reach(e, m.link.Back()); !ok || now != server {
		return fail(Unreachable, m.link.Back())
	}
	n.total.bytes.Add(int64(len(answer)))
	if err := labgob.Unmarshal(answer, reply); err != nil {
		panic(fmt.Sprintf("labrpc: the reply of %s does not fit into a %T: %v", method, reply, err))
	}
	if n.observer != nil {
		returned := event(Returned, m.link.Back(), len(answer))
		returned.Body = fieldsOf(reflect.ValueOf(reply))
		n.observe(returned)
	}
	return true
}

// reach returns the server at the other side of an end, if it is up, the end is
// enabled and still the one of its name, and messages pass on the link.
func (v *view) reach(e *endpoint, l Link) (*Server, bool) {
	now := v.ends[e.name]
	if v.retired(e) || !now.enabled || v.links[l].Cut {
		return nil, false
	}
	s, ok := v.servers[now.server]
	return s, ok
}

// retired tells whether the end was deleted or replaced by another of its name.
func (v *view) retired(e *endpoint) bool {
	now, ok := v.ends[e.name]
	return !ok || now.owner != e.owner
}

// sleep lets d pass, or less if the network ends.
func (n *Network) sleep(d time.Duration) {
	select {
	case <-n.done:
	default:
		time.Sleep(d)
	}
}
