package monitor

import (
	"fmt"

	"raftlab/tests/trace"
)

// VoteSafety checks that a server votes for at most one candidate in a term (section 5.2).
// It reads votes from the replies to RequestVote. If requests have more than the four
// arguments of Figure 2, some of them may be no requests for a vote, such as those of a
// pre-vote; see [vote].
func VoteSafety(h *History) (*Violation, string) {
	const property = "VoteSafety"
	type ballot struct{ voter, term int }
	type granted struct {
		request trace.Event
		life    int // of the voter
	}
	given := map[ballot]granted{}
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
			given[v] = granted{request, lives[v.voter]}
			continue
		}
		if a, b := number(first.request, "CandidateId"), number(request, "CandidateId"); a != b {
			found := &Violation{
				Property: property, At: e.At,
				What:  fmt.Sprintf("server %d gave its vote in term %d to server %d, and also to server %d.", v.voter, v.term, a, b),
				Paper: "section 5.2, Figure 2 (RequestVote)", Handout: "2a.md#one-leader-a-term",
			}
			if first.life != lives[v.voter] {
				found.What += " It crashed between the two votes and forgot the first. Did it save the vote before it replied, and read it back when it restarted?"
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

// vote reports whether a reply with VoteGranted is a vote. If RequestVote has additional
// arguments, one of them may turn it into a pre-vote. Then the reply is a vote only if its
// term is that of the request, as that of a real vote is (section 5.1): a pre-vote leaves
// the voter in its own term. CountedVotes counts no other votes, so an additional argument
// hides nothing.
func vote(request, reply trace.Event) bool {
	return len(request.Body) <= len(Messages()[0].Args) || number(reply, "Term") == number(request, "Term")
}

// CountedVotes checks that the leader of a term had received votes for it from a majority,
// including its own (section 5.2).
func CountedVotes(h *History) (*Violation, string) {
	const property = "CountedVotes"
	if unseen := h.unnamed("replied", "RequestVote", "VoteGranted"); unseen != "" {
		return nil, unseen
	}
	type candidacy struct{ server, term int }
	votes := map[candidacy]map[int]bool{}
	stood := map[candidacy]bool{} // it requested at least one vote
	led := map[int]bool{}         // by server: it has won an election before
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
				What: fmt.Sprintf("server %d leads term %d (%s), but requested no vote in it: of %d votes it has at most its own. A candidate needs votes from more than half of all servers.",
					e.Server, term, how, h.servers),
				Paper: "section 5.2", Handout: "2a.md#majorities-of-every-size",
			}, ""
		}
		if h.servers > 1 && !stood[c] {
			return &Violation{
				Property: property, At: e.At,
				What: fmt.Sprintf("server %d leads term %d (%s), but never requested a vote in it. Had it led an earlier term, and did it step down between reading its role and reading its term? Both must be read under one lock.",
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
				What: fmt.Sprintf("server %d leads term %d (%s) with %d of %d votes: it takes more than half of all servers, and a vote counts only in the term for which it was given.",
					e.Server, term, how, n, h.servers),
				Paper: "section 5.2", Handout: handout,
			}, ""
		}
		led[e.Server] = true
	}
	return nil, ""
}
