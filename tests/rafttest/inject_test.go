package rafttest

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
	"raftlab/tests/monitor"
)

// TestMismatch checks which fields of messages the lab accepts.
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
	require.Empty(t, mismatch(vote(func(args, _ labrpc.Shape) { args["PreVote"] = reflect.Bool }), requestVote), "it stays at false")
	require.Empty(t, mismatch(vote(func(args, _ labrpc.Shape) { args["Term"] = reflect.Uint64 }), requestVote), "any integer")
	require.NotEmpty(t, mismatch(vote(func(args, _ labrpc.Shape) { args["Term"] = reflect.Uint8 }), requestVote), "terms reach thousands")
	for says, h := range map[string]labrpc.Handler{
		"have no field LastLogTerm that is an integer of 16 bits or more.":                vote(func(args, _ labrpc.Shape) { delete(args, "LastLogTerm") }),
		"have no field Term that is an integer of 16 bits or more (it is of kind string)": vote(func(args, _ labrpc.Shape) { args["Term"] = reflect.String }),
		"have no field CandidateId that is an integer of 16 bits or more (it is called CandidateID), LastLogIndex that is": vote(func(args, _ labrpc.Shape) {
			clear(args)
			args["Term"], args["CandidateID"] = reflect.Int, reflect.Int
		}),
		"reply of Raft.RequestVote has no field Vo": vote(func(_, reply labrpc.Shape) { delete(reply, "VoteGranted") }),
	} {
		require.Contains(t, mismatch(h, requestVote), says)
	}
}

// TestRPCShapesHaveTheNamesOfTheContract checks that the monitors and the cases read the same
// names.
func TestRPCShapesHaveTheNamesOfTheContract(t *testing.T) {
	for _, m := range monitor.Messages() {
		v := verbOf("Raft." + m.RPC)
		require.NotEqual(t, other, v, m.RPC)
		for _, name := range m.Args {
			require.True(t, rpcShapes[v].args[name]+rpcShapes[v].known[name] != reflect.Invalid, "%s %s", m.RPC, name)
		}
		require.Len(t, rpcShapes[v].reply, len(m.Reply))
		for _, name := range m.Reply {
			require.NotEqual(t, reflect.Invalid, rpcShapes[v].reply[name], "%s %s", m.RPC, name)
		}
	}
}
