package ping

import (
	"testing"

	"raftlab/labrpc"
	"raftlab/tests/pingtest"
)

func start(peers []*labrpc.ClientEnd, me int) pingtest.Server { return Make(peers, me) }

// One line per case. The cases are in tests/pingtest.

func TestAll0(t *testing.T)   { pingtest.Run(t, pingtest.All0, start) }
func TestCut0(t *testing.T)   { pingtest.Run(t, pingtest.Cut0, start) }
func TestLossy0(t *testing.T) { pingtest.Run(t, pingtest.Lossy0, start) }
func TestSlow0(t *testing.T)  { pingtest.Run(t, pingtest.Slow0, start) }
