package labrpc_test

import (
	"fmt"

	"raftlab/labrpc"
)

// Counter is a server that adds up numbers.
type Counter struct{ sum int }

type AddArgs struct{ N int }

type AddReply struct{ Sum int }

func (c *Counter) Add(args *AddArgs, reply *AddReply) {
	c.sum += args.N
	reply.Sum = c.sum
}

// counterNetwork returns a network with a counter on it, and an end that leads to it.
func counterNetwork(config labrpc.Config) (*labrpc.Network, *labrpc.ClientEnd) {
	net := labrpc.NewNetwork(config)
	server := labrpc.MakeServer()
	server.AddService(labrpc.MakeService(&Counter{}))
	net.AddServer("counter", server)
	end := net.MakeEnd("end")
	net.Connect("end", "counter")
	net.Enable("end", true)
	return net, end
}

// This network has one server, and a client that calls it. A call to a server that cannot
// be reached returns false.
func Example() {
	net, end := counterNetwork(labrpc.Config{})
	defer net.Cleanup()

	var reply AddReply
	fmt.Println(end.Call("Counter.Add", &AddArgs{N: 2}, &reply), reply.Sum)
	fmt.Println(end.Call("Counter.Add", &AddArgs{N: 3}, &reply), reply.Sum)

	net.Enable("end", false)
	fmt.Println(end.Call("Counter.Add", &AddArgs{N: 4}, &AddReply{}))
	// Output:
	// true 2
	// true 5
	// false
}

// heldMessages is an observer that reports held messages.
type heldMessages chan labrpc.Event

func (h heldMessages) Observe(e labrpc.Event) {
	if e.Kind == labrpc.Held {
		h <- e
	}
}

// A hold keeps messages on the network until they are released or dropped. Here the reply is
// held and then dropped: the server has handled the request, but the caller gets no reply.
func ExampleNetwork_Hold() {
	held := make(heldMessages, 1)
	net, end := counterNetwork(labrpc.Config{Observer: held})
	defer net.Cleanup()

	hold := net.Hold(labrpc.Filter{Method: "Counter.Add", Kind: labrpc.Replied})
	answered := make(chan bool)
	go func() { answered <- end.Call("Counter.Add", &AddArgs{N: 2}, &AddReply{}) }()
	fmt.Println("held:", (<-held).Method)
	hold.Drop()
	fmt.Println("answered:", <-answered)

	var reply AddReply
	end.Call("Counter.Add", &AddArgs{N: 0}, &reply)
	fmt.Println("sum:", reply.Sum)
	// Output:
	// held: Counter.Add
	// answered: false
	// sum: 2
}
