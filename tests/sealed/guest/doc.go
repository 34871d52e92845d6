// Package guest is the side of the border on which a sealed server is. It is compiled
// with the student's package into a program for WebAssembly, gives it a persister, ends
// and an applyCh that lead to the lab by package border, and carries out what the lab
// asks. Start from [Raft] and [Service].
//
// What is computed here is the student's word: the lab trusts none of it.
package guest
