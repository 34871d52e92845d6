// Package border is what passes between a sealed server and the lab outside it.
//
// A sealed server is a WebAssembly instance: one life of one server, or one clerk, in a
// memory of its own. Beside the system calls of WASI that Go's runtime makes (time,
// random numbers, standard output, waiting, exit; no files, no environment, no network),
// it has these imports of a module "lab", and no others:
//
//	next(p, n i32) i32   The lab writes the next message for the server to the n bytes at
//	                     p and returns its length; 0 if there is none now. If it is longer
//	                     than n nothing is written and it stays the next.
//	emit(p, n i32) i32   The server says the message in the n bytes at p. Returns 0.
//	seed() i64           The seed of this server's steps that give way, or come late.
//	level() i32          A number that is the same for all servers of a run, by which they
//	                     choose how much gives way.
//
// A server that has nothing to do waits in WASI's poll_oneoff, for a time or for the made-up
// file descriptor [Bell], which is ready when there is a message for it.
//
// Each message is a [Message], encoded by [Message.Append]. Which there are:
//
//	to the server   ID        A      B        P       Q
//	  StartRaft               me     servers  state   snapshot
//	  StartReplica  maxstate  me     servers  state   snapshot
//	  StartClerk                     servers
//	  Request       its own                   method  arguments
//	  Reply         a Call's  1 yes                   reply
//	  Start         its own                           command
//	  GetState      its own
//	  Snapshot      its own   index                   snapshot
//	  Taken
//	  Get           its own                   key
//	  Put, Append   its own                   key     value
//
//	to the lab
//	  Ready         Version                   services
//	  Call          its own   to              method  arguments
//	  Answer        a Request's                       reply
//	  Save                                    state   snapshot
//	  Apply         flags     index  index    snapshot command
//	  Closed
//	  Done          a question's A, B of its answer, P its value
//	  Note                                    text
//
// Start answers with the index and the term, and P is not empty on a leader; GetState with
// the term as B, and P likewise; Get with the value in P. Flags of Apply are 1 for a
// command and 2 for a snapshot; A is the command's index and B the snapshot's. The lab
// takes one message of Apply at a time: the next may come after Taken.
//
// Arguments and replies are messages of gob. Commands are encoded by [Command], services
// by [Services].
//
// The lab trusts nothing that comes from a server. Whatever is malformed, too large, or
// not due is that server's failure and nothing else's.
package border

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Version is that of this border. Both sides are built from one tree; a server that was
// built from another is told so.
const Version = 1

// Bell is the file descriptor that is ready when there is a message.
const Bell = 77

// Module is the module of the imports.
const Module = "lab"

// Kind says what a message is.
type Kind uint8

const (
	StartRaft Kind = 1 + iota
	StartReplica
	StartClerk
	Request
	Reply
	Start
	GetState
	Snapshot
	Taken
	Get
	Put
	Append

	Ready
	Call
	Answer
	Save
	Apply
	Closed
	Done
	Note
	kinds // the end of them
)

var names = [kinds]string{
	"", "StartRaft", "StartReplica", "StartClerk", "Request", "Reply", "Start", "GetState", "Snapshot", "Taken", "Get", "Put", "Append",
	"Ready", "Call", "Answer", "Save", "Apply", "Closed", "Done", "Note",
}

func (k Kind) String() string {
	if k < kinds {
		return names[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Flags of Apply.
const (
	CommandValid  = 1
	SnapshotValid = 2
)

// Message is what passes the border. Which fields it uses is in the table above.
type Message struct {
	Kind Kind
	ID   uint64
	A, B int64
	P, Q []byte
}

// header is how many bytes come before P.
const header = 1 + 8 + 8 + 8 + 4

// MaxMessage bounds a message, in bytes. The largest of a real server is a log that it
// saves or sends, which is far below a megabyte in all cases.
const MaxMessage = 16 << 20

// Append appends a message to b.
func (m Message) Append(b []byte) []byte {
	b = append(b, byte(m.Kind))
	b = binary.LittleEndian.AppendUint64(b, m.ID)
	b = binary.LittleEndian.AppendUint64(b, uint64(m.A))
	b = binary.LittleEndian.AppendUint64(b, uint64(m.B))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.P)))
	b = append(b, m.P...)
	return append(b, m.Q...)
}

// Size is how many bytes Append appends.
func (m Message) Size() int { return header + len(m.P) + len(m.Q) }

// NotServers begins what the host prints of a program that it refuses. The grader then
// blames the program; any other error is the machine's.
const NotServers = "these are no sealed servers: "

var errMalformed = errors.New("a message is malformed")

// Parse reads a message. P and Q are parts of b.
func Parse(b []byte) (m Message, err error) {
	if len(b) < header || len(b) > MaxMessage || b[0] == 0 || Kind(b[0]) >= kinds {
		return m, errMalformed
	}
	m.Kind = Kind(b[0])
	m.ID = binary.LittleEndian.Uint64(b[1:])
	m.A = int64(binary.LittleEndian.Uint64(b[9:]))
	m.B = int64(binary.LittleEndian.Uint64(b[17:]))
	n := binary.LittleEndian.Uint32(b[25:])
	if rest := b[header:]; uint64(n) > uint64(len(rest)) {
		return m, errMalformed
	} else {
		m.P, m.Q = rest[:n:n], rest[n:]
	}
	return m, nil
}
