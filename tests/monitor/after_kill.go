package monitor

import (
	"fmt"
	"time"

	"raftlab/tests/trace"
)

// A killed server may still send up to CallsAfterKill requests after KillGrace: a
// goroutine that was in a call when Kill was called may make another call before it checks
// whether the server was killed.
const (
	KillGrace      = 3 * time.Second
	CallsAfterKill = 20
)

// AfterKill checks that a killed server stops. The network does not deliver what it sends,
// but a real network would, and its successor would run at the same time.
func AfterKill(h *History) (*Violation, string) {
	died := map[int]time.Duration{}
	sent := map[int]int{}
	for _, e := range h.Events {
		switch at, ok := died[e.Server]; {
		case e.Kind == trace.Crash:
			died[e.Server], sent[e.Server] = e.At, 0
		case e.Kind != "ignored" || !ok || e.At-at < KillGrace:
		default:
			if sent[e.Server]++; sent[e.Server] > CallsAfterKill {
				return &Violation{
					Property: "AfterKill", At: e.At,
					What: fmt.Sprintf("server %d was killed at %s and keeps sending: %d requests since %s, the last of them %s. Every loop should call killed() in each iteration.",
						e.Server, seconds(at), sent[e.Server], seconds(at+KillGrace), e.Method),
					Paper: "section 2 (servers fail by stopping)", Handout: "structure.md#kill",
				}, ""
			}
		}
	}
	return nil, ""
}
