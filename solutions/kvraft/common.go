package kvraft

// Kind is what an operation does.
type Kind uint8

const (
	Get Kind = iota
	Put
	Append
)

// Op is one operation of a client. It is what travels through the log. Client
// and Seq name it: a retry has the same, and a client's next has the next Seq.
type Op struct {
	Kind   Kind
	Key    string
	Value  string
	Client int64
	Seq    int64
}

// ExecuteArgs asks a replica to carry out an operation.
type ExecuteArgs struct {
	Op Op
}

// ExecuteReply is the answer: whether the operation has taken effect, and for a
// Get what it found. If it is not Done it may take effect yet.
type ExecuteReply struct {
	Done  bool
	Value string
}
