package monitor

import "fmt"

// senderFields are the arguments in which a request names the server that sends it
// (Figures 2 and 13), by RPC.
var senderFields = map[string]string{
	"RequestVote": "CandidateId", "AppendEntries": "LeaderId", "InstallSnapshot": "LeaderId",
}

// misnamed returns the violation of a server that names another than itself as the
// sender of a request, nil if none does. It is dated when the request was sent: a
// vote that is recorded for another explains what comes of it.
func (h *History) misnamed() *Violation {
	for _, e := range h.Events {
		for rpc, field := range senderFields {
			if !is(e, "sent", rpc) || e.FromOutside() || !has(e, field) || number(e, field) == e.Server {
				continue
			}
			return &Violation{
				Property: Named, At: e.At,
				What: fmt.Sprintf("server %d sent %s with %s %d. The field names the server that sends the request, by its index, which is the me that Make was given: %d.",
					e.Server, rpc, field, number(e, field), e.Server),
				Paper: "Figures 2 and 13 (arguments)", Handout: "contract.md#names-on-the-wire",
			}
		}
	}
	return nil
}
