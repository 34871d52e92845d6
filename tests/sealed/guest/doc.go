// Package guest is the server's side of package border. It is compiled with the student's
// package into a WebAssembly program. It gives the student's code a persister, ends and an
// applyCh that are connected to the lab, and handles the lab's requests. Start from [Raft]
// and [Service].
//
// The student's code can change anything that is computed here, so the lab trusts none of
// it.
package guest
