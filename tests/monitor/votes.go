package monitor

import (
	"fmt"

	"raftlab/tests/trace"
)

// VoteSafety: a server gives one vote in a term (section 5.2), as seen in its
// replies to RequestVote. Where requests have more than the four arguments of
// Figure 2, some may ask for something else, such as whether one could win; see
// [vote].
func VoteSafety(h *History) (*Violation, string) {
	const property = "VoteSafety"
	type ballot struct{ voter, term int }
	type vow struct {
		request trace.Event
		life    int // of the voter
	}
	given := map[ballot]vow{}
	lives := map[int]int{}
	for _, e := range h.Events {
		if e.Kind == trace.Boot {
			lives[e.Server]++
		}
		if !is(e, "replied", "RequestVote") || number(e, "VoteGranted") != 1 {
			continue
		}
		request, ok := h.request(e)
		if !ok || !has(request, "Term", "CandidateId") {
			continue
		}
		if !vote(request, e) {
			continue
		}
		v := ballot{e.Server, number(request, "Term")}
		first, again := given[v]
		if !again {
			given[v] = vow{request, lives[v.voter]}
			continue
		}
		if a, b := number(first.request, "CandidateId"), number(request, "CandidateId"); a != b {
			found := &Violation{
				Property: property, At: e.At,
				What:  fmt.Sprintf("server %d gave its vote in term %d to server %d, and to server %d as well.", v.voter, v.term, a, b),
				Paper: "section 5.2, Figure 2 (RequestVote)", Handout: "2a.md#one-leader-a-term",
			}
			if first.life != lives[v.voter] {
				found.What += " It crashed between the two, and had forgotten: was the vote saved before the answer left, and read back at the start?"
				found.Paper, found.Handout = "section 5.2, Figure 2 (persistent state)", "2c.md#the-vote"
			}
			return found, ""
		}
	}
	if unseen := h.unnamed("sent", "RequestVote", "Term", "CandidateId"); unseen != "" {
		return nil, unseen
	}
	return nil, h.unnamed("replied", "RequestVote", "VoteGranted")
}

// vote tells whether a reply that grants is a vote. Where a flag can turn
// RequestVote into the question whether one could win, it is one only if it comes
// in the term that was asked for, as a real vote does (section 5.1): an answer to
// that question leaves the voter in its own. No other is counted by CountedVotes,
// so that an argument more hides nothing.
func vote(request, reply trace.Event) bool {
	return len(request.Body) <= len(Messages()[0].Args) || number(reply, "Term") == number(request, "Term")
}

// CountedVotes: whoever leads a term was given votes for it by a majority
// (section 5.2), its own among them, and these had reached it.
func CountedVotes(h *History) (*Violation, string) {
	const property = "CountedVotes"
	if unseen := h.unnamed("replied", "RequestVote", "VoteGranted"); unseen != "" {
		return nil, unseen
	}
	type candidacy struct{ server, term int }
	votes := map[candidacy]map[int]bool{}
	stood := map[candidacy]bool{} // asked for at least one
	led := map[int]bool{}         // by server: it has won before
	for _, e := range h.Events {
		if is(e, "sent", "RequestVote") {
			stood[candidacy{e.Server, number(e, "Term")}] = true
		}
		if is(e, "returned", "RequestVote") && number(e, "VoteGranted") == 1 {
			if request, ok := h.request(e); ok && has(request, "Term") && vote(request, e) {
				c := candidacy{e.Peer, number(request, "Term")}
				if votes[c] == nil {
					votes[c] = map[int]bool{c.server: true}
				}
				votes[c][e.Server] = true
			}
		}
		term, how, leads := leads(e)
		if !leads {
			continue
		}
		c := candidacy{e.Server, term}
		if h.servers > 1 && !stood[c] && !led[e.Server] {
			return &Violation{
				Property: property, At: e.At,
				What: fmt.Sprintf("server %d leads term %d (%s) and has not asked for a vote in it: of %d votes it has at most its own. It takes more than half of all servers to win.",
					e.Server, term, how, h.servers),
				Paper: "section 5.2", Handout: "2a.md#majorities-of-every-size",
			}, ""
		}
		if h.servers > 1 && !stood[c] {
			return &Violation{
				Property: property, At: e.At,
				What: fmt.Sprintf("server %d leads term %d (%s), and has never asked for a vote in it. Had it led an earlier term, and was it deposed between looking at its role and reading its term? Both belong under one lock.",
					e.Server, term, how),
				Paper: "section 5.2", Handout: "locking.md#one-step",
			}, ""
		}
		if n := max(1, len(votes[c])); n <= h.servers/2 {
			handout := "2a.md#late-answers"
			if 2*n == h.servers {
				handout = "2a.md#majorities-of-every-size"
			}
			return &Violation{
				Property: property, At: e.At,
				What: fmt.Sprintf("server %d leads term %d (%s) with %d of %d votes: it takes more than half of all servers, and votes count in the term they were given for.",
					e.Server, term, how, n, h.servers),
				Paper: "section 5.2", Handout: handout,
			}, ""
		}
		led[e.Server] = true
	}
	return nil, ""
}
