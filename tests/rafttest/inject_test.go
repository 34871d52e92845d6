package rafttest

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
)

// TestMismatch: the lab speaks to a program only in words that mean the same to
// both.
func TestMismatch(t *testing.T) {
	vote := func(edit func(args, reply labrpc.Shape)) labrpc.Handler {
		h := labrpc.Handler{
			Name:  "Raft.RequestVote",
			Args:  labrpc.Shape{"Term": reflect.Int, "CandidateId": reflect.Int, "LastLogIndex": reflect.Int64, "LastLogTerm": reflect.Int32},
			Reply: labrpc.Shape{"Term": reflect.Int, "VoteGranted": reflect.Bool, "Why": reflect.String},
		}
		edit(h.Args, h.Reply)
		return h
	}
	require.Empty(t, mismatch(vote(func(args, reply labrpc.Shape) {}), requestVote))
	for says, h := range map[string]labrpc.Handler{
		"have a field PreVote of type bool":         vote(func(args, _ labrpc.Shape) { args["PreVote"] = reflect.Bool }),
		"have no field LastLogTerm of type int":     vote(func(args, _ labrpc.Shape) { delete(args, "LastLogTerm") }),
		"have no field Term of type int":            vote(func(args, _ labrpc.Shape) { args["Term"] = reflect.Uint }),
		"reply of Raft.RequestVote has no field Vo": vote(func(_, reply labrpc.Shape) { delete(reply, "VoteGranted") }),
	} {
		require.Contains(t, mismatch(h, requestVote), says)
	}
}
