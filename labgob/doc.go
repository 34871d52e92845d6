// Package labgob is encoding/gob with a voice: it encodes what servers send and
// save, and says so when a program makes one of the mistakes that gob accepts
// in silence.
//
//   - A field whose name begins with a small letter is not encoded. The server
//     that receives it, or that restarts, finds a zero there. labgob warns once
//     for each type.
//   - A value that is decoded into keeps what it held wherever the message has
//     a zero: gob does not send zeros. Decode into a fresh variable. labgob
//     warns once for each type.
//   - A channel or a function cannot be sent. gob leaves such fields out; labgob
//     refuses, naming the field.
//
// Start from [NewEncoder] and [NewDecoder] for state that is saved, as in
//
//	w := new(bytes.Buffer)
//	e := labgob.NewEncoder(w)
//	e.Encode(x)
//	e.Encode(y)
//	state := w.Bytes()
//
// and call [Register] for every type that travels inside an interface, such as
// the command of a log entry. Warnings go to standard error.
package labgob
