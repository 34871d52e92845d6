package kvraft

// Op is one operation of a client, as a command in the log.
type Op struct {
	// Your code here (3A).
}

// GetArgs and the types below are the messages between clerks and replicas.
// Names of fields must begin with a capital letter, or the fields are not sent. A
// replica must be able to tell a retry from a new operation.
type GetArgs struct {
	Key string
	// Your code here (3A).
}

// GetReply is the reply to Get.
type GetReply struct {
	Value string
	// Your code here (3A).
}

// PutAppendArgs are the arguments of PutAppend.
type PutAppendArgs struct {
	Key   string
	Value string
	// Your code here (3A): Put or Append?
}

// PutAppendReply is the reply to PutAppend.
type PutAppendReply struct {
	// Your code here (3A).
}
