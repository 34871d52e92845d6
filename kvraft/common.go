package kvraft

// Op is what travels through the log.
type Op struct {
	// Your code here (3A).
}

// GetArgs and the types below are the messages between clerks and replicas.
// Names of fields begin with capitals, or they are not sent. A replica must be
// able to tell a retry from a new operation.
type GetArgs struct {
	Key string
	// Your code here (3A).
}

// GetReply is the answer to a Get.
type GetReply struct {
	Value string
	// Your code here (3A).
}

// PutAppendArgs asks for a write.
type PutAppendArgs struct {
	Key   string
	Value string
	// Your code here (3A): Put or Append?
}

// PutAppendReply is the answer to it.
type PutAppendReply struct {
	// Your code here (3A).
}
