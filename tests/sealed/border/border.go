// Package border defines the calls and messages between a sealed server and the lab.
//
// A sealed server is a WebAssembly instance: one life of one server, or one clerk, in a
// memory of its own. Beside the system calls of WASI that Go's runtime makes (time,
// random numbers, standard output, waiting, exit; no files, no environment, no network),
// it has these imports of a module "lab", and no others:
//
//	next(p, n i32) i32   The lab writes the next message for the server to the n bytes at
//	                     p and returns its length, or 0 if there is none. If the message is
//	                     longer than n bytes, nothing is written and it stays the next one.
//	emit(p, n i32) i32   The server sends the message in the n bytes at p. Returns 0.
//	seed() i64           The seed that decides which steps of this server yield or come
//	                     late.
//	level() i32          A number that is the same for all servers of a run. It decides how
//	                     many steps yield.
//
// An idle server waits in WASI's poll_oneoff: for a time, or for the invented file
// descriptor [Bell], which is ready when there is a message for the server.
//
// Each message is a [Message], encoded by [Message.Append]. The messages are:
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
//	  Types                                   services
//	  Ready         Version                   services
//	  Call          its own   to              method  arguments
//	  Answer        a Request's                       reply
//	  Save                                    state   snapshot
//	  Apply         flags     index  index    snapshot command
//	  Closed
//	  Done          a question's A, B of its answer, P its value
//	  Note                                    text
//
// The answer to Start has the index in A, the term in B, and a P that is not empty if the
// server leads. The answer to GetState has the term in B and the same P. The answer to Get
// has the value in P. Flags of Apply are 1 for a command and 2 for a snapshot; A is the
// index of the command and B that of the snapshot. A server may send the next Apply only
// after Taken.
//
// The services of Types are those that the server may have. It sends Types before it calls
// Make, so that the lab can read the calls that Make makes. Those of Ready are its own.
//
// "Its own" is a number that the sender chooses; the answer carries the same number.
//
// Arguments and replies are gob messages. Commands are encoded by [Command], services by
// [Services].
//
// The lab trusts nothing that comes from a server. A message that is malformed, too large
// or unexpected is a failure of that server alone.
package border

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Version is the version of this protocol. Both sides must be built from the same tree; a
// server from another tree is refused.
const Version = 2

// Bell is the file descriptor that is ready when there is a message for the server.
const Bell = 77

// Module is the name of the module that servers import.
const Module = "lab"

// Kind is the kind of a message.
type Kind uint8

// The kinds of messages; the package comment has the table of their fields.
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

	Types
	Ready
	Call
	Answer
	Save
	Apply
	Closed
	Done
	Note
	kinds // the number of kinds, plus one
)

var names = [kinds]string{
	"", "StartRaft", "StartReplica", "StartClerk", "Request", "Reply", "Start", "GetState", "Snapshot", "Taken", "Get", "Put", "Append",
	"Types", "Ready", "Call", "Answer", "Save", "Apply", "Closed", "Done", "Note",
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

// Message is a message in either direction. The package documentation lists the fields
// that each kind uses.
type Message struct {
	Kind Kind
	ID   uint64
	A, B int64
	P, Q []byte
}

// header is the number of bytes before P.
const header = 1 + 8 + 8 + 8 + 4

// MaxMessage bounds a message, in bytes. The largest message of a real server is a log
// that it saves or sends, which is far below a megabyte in all cases.
const MaxMessage = 16 << 20

// Append appends the encoding of a message to b.
func (m Message) Append(b []byte) []byte {
	b = append(b, byte(m.Kind))
	b = binary.LittleEndian.AppendUint64(b, m.ID)
	b = binary.LittleEndian.AppendUint64(b, uint64(m.A))
	b = binary.LittleEndian.AppendUint64(b, uint64(m.B))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.P)))
	b = append(b, m.P...)
	return append(b, m.Q...)
}

// Size returns the number of bytes that Append appends.
func (m Message) Size() int { return header + len(m.P) + len(m.Q) }

// NotServers begins what the host prints of a program that it refuses. The grader then
// blames the program; any other error is the machine's.
const NotServers = "these are no sealed servers: "

var errMalformed = errors.New("a message is malformed")

// Parse decodes a message. P and Q alias b.
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
