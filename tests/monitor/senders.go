package monitor

import "fmt"

// senderFields maps each RPC to the argument that names the server that sends the request
// (Figures 2 and 13).
var senderFields = map[string]string{
	"RequestVote": "CandidateId", "AppendEntries": "LeaderId", "InstallSnapshot": "LeaderId",
}

// misnamed returns the violation of a server that names another server as the sender of its
// request, or nil if none does. Its time is that of the request, because it is the cause of
// later failures, such as a vote for the wrong candidate.
func (h *History) misnamed() *Violation {
	for _, e := range h.Events {
		for rpc, field := range senderFields {
			if !is(e, "sent", rpc) || e.FromOutside() || !has(e, field) || number(e, field) == e.Server {
				continue
			}
			return &Violation{
				Property: Named, At: e.At,
				What: fmt.Sprintf("server %d sent %s with %s %d. The field must be the index of the server that sends the request, the argument me of Make: %d.",
					e.Server, rpc, field, number(e, field), e.Server),
				Paper: "Figures 2 and 13 (arguments)", Handout: "contract.md#names-on-the-wire",
			}
		}
	}
	return nil
}
