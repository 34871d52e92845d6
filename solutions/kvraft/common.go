package kvraft

// Kind is what an operation does.
type Kind uint8

// The kinds of operations.
const (
	Get Kind = iota
	Put
	Append
)

// Op is one operation of a client, as a command in the log. Client and Seq
// identify it: a retry has the same Seq, and a client's next operation the next one.
type Op struct {
	Kind   Kind
	Key    string
	Value  string
	Client int64
	Seq    int64
}

// ExecuteArgs are the arguments of Execute.
type ExecuteArgs struct {
	Op Op
}

// ExecuteReply is the reply to Execute: whether the operation was executed, and the
// value that a Get read. An operation that is not Done may still be executed later.
type ExecuteReply struct {
	Done  bool
	Value string
}
