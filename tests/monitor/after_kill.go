package monitor

import (
	"fmt"
	"time"

	"raftlab/tests/trace"
)

// What a server may still send when Kill was called long ago: a goroutine that
// was in a call then may make another one before it asks whether it was killed.
const (
	KillGrace      = 3 * time.Second
	CallsAfterKill = 20
)

// AfterKill: a server that was killed stops. Nothing that it sends reaches
// anybody, but on a real machine it would, beside its successor.
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
					What: fmt.Sprintf("server %d was killed at %s and goes on sending: %d requests since %s, the last is %s. Each loop asks killed() before it goes on.",
						e.Server, seconds(at), sent[e.Server], seconds(at+KillGrace), e.Method),
					Paper: "section 2 (servers fail by stopping)", Handout: "structure.md#kill",
				}, ""
			}
		}
	}
	return nil, ""
}
