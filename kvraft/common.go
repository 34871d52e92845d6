package kvraft

// GetArgs and the types below are the messages between clerks and replicas.
// Names of fields begin with capitals, or they are not sent. A replica must be
// able to tell a retry from a new operation.
type GetArgs struct {
	Key string
	// Your code here (3A).
}

type GetReply struct {
	Value string
	// Your code here (3A).
}

type PutAppendArgs struct {
	Key   string
	Value string
	// Your code here (3A): Put or Append?
}

type PutAppendReply struct {
	// Your code here (3A).
}
