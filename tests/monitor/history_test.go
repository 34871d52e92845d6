package monitor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
	"raftlab/tests/trace"
)

// scenario makes the events of an invented cluster of three servers, 1 ms apart.
type scenario struct {
	pauses time.Duration // in addition to 1 ms for each event
	events []trace.Event
	calls  uint64
}

func newScenario() *scenario {
	t := &scenario{}
	for i := range 3 {
		t.add(trace.Event{Kind: trace.Boot, Server: i})
	}
	return t
}

func (t *scenario) add(e trace.Event) *scenario {
	e.At = t.pauses + time.Duration(len(t.events)+1)*time.Millisecond
	e.Asked = e.At - e.Asked // e.Asked was the duration of the call
	t.events = append(t.events, e)
	return t
}

// call adds a call from one server to another, with its reply.
func (t *scenario) call(from, to int, method string, args, reply labrpc.Fields) *scenario {
	t.calls++
	t.add(trace.Event{Kind: "sent", Server: from, Peer: to, Method: method, ID: t.calls, Body: args})
	t.add(trace.Event{Kind: "delivered", Server: from, Peer: to, Method: method, ID: t.calls})
	t.add(trace.Event{Kind: "replied", Server: to, Peer: from, Method: method, ID: t.calls, Body: reply})
	return t.add(trace.Event{Kind: "returned", Server: to, Peer: from, Method: method, ID: t.calls, Body: reply})
}

func (t *scenario) vote(term, candidate, voter, last int, granted int64) *scenario {
	return t.call(candidate, voter, "Raft.RequestVote",
		fieldsOf("Term", term, "CandidateId", candidate%trace.Outside, "LastLogIndex", last, "LastLogTerm", 0),
		fieldsOf("Term", term, "VoteGranted", int(granted)))
}

// flagged adds a RequestVote with an additional argument, which is granted in a term of the
// voter's own.
func (t *scenario) flagged(term, candidate, voter, replied int) *scenario {
	return t.call(candidate, voter, "Raft.RequestVote",
		fieldsOf("Term", term, "CandidateId", candidate, "LastLogIndex", 0, "LastLogTerm", 0, "Flag", 1),
		fieldsOf("Term", replied, "VoteGranted", 1))
}

// dies adds a vote in term 2 whose voter dies before it replies.
func (t *scenario) dies(voter int) *scenario {
	t.calls++
	t.add(trace.Event{Kind: "sent", Server: 0, Peer: voter, Method: "Raft.RequestVote", ID: t.calls, Body: fieldsOf("Term", 2, "CandidateId", 0)})
	t.add(trace.Event{Kind: "delivered", Server: 0, Peer: voter, Method: "Raft.RequestVote", ID: t.calls})
	t.add(trace.Event{Kind: trace.Crash, Server: voter})
	return t.add(trace.Event{Kind: "replied", Server: voter, Peer: 0, Method: "Raft.RequestVote", ID: t.calls, Body: fieldsOf("Term", 2, "VoteGranted", 1)})
}

func (t *scenario) append(term, leader, follower, prev, prevTerm, entries, commit, success int) *scenario {
	return t.call(leader, follower, "Raft.AppendEntries",
		fieldsOf("Term", term, "LeaderId", leader, "PrevLogIndex", prev, "PrevLogTerm", prevTerm, "Entries", entries, "LeaderCommit", commit),
		fieldsOf("Term", term, "Success", success))
}

// ghost adds the crash of a server, and the given number of requests from it later.
func (t *scenario) ghost(server int, later time.Duration, requests int) *scenario {
	t.add(trace.Event{Kind: trace.Crash, Server: server})
	died := t.events[len(t.events)-1].At
	for k := range requests {
		t.events = append(t.events, trace.Event{At: died + later + time.Duration(k)*time.Millisecond, Kind: "ignored", Server: server, Peer: 0, Method: "Raft.RequestVote"})
	}
	return t
}

// campaigns adds n elections of server 2 without replies.
func (t *scenario) campaigns(n int) *scenario {
	for k := range n {
		t.add(trace.Event{Kind: "sent", Server: 2, Peer: 0, Method: "Raft.RequestVote", Body: fieldsOf("Term", 3+k)})
	}
	return t
}

// refusals adds n heartbeats from server 1 that server 2 refuses. PrevLogIndex starts at
// prev and decreases by step each time.
func (t *scenario) refusals(n, prev, step int) *scenario {
	for k := range n {
		t.refuses(1, prev-k*step, 0)
		t.pauses += 50 * time.Millisecond
	}
	return t
}

// refuses adds n AppendEntries from server 1 that server 2 refuses, without a pause.
func (t *scenario) refuses(n, prev, entries int) *scenario {
	for range n {
		t.append(2, 1, 2, prev, 1, entries, 2, 0)
	}
	return t
}

// waits adds an AppendEntries from server 1 to server 2 that gets no reply for long.
func (t *scenario) waits() *scenario {
	t.calls++
	t.add(trace.Event{Kind: "sent", Server: 1, Peer: 2, Method: "Raft.AppendEntries", ID: t.calls, Body: fieldsOf("Term", 2, "PrevLogIndex", 2, "PrevLogTerm", 1)})
	t.pauses += 200 * time.Millisecond
	return t
}

// heartbeats adds n heartbeats of server 0 without replies.
func (t *scenario) heartbeats(n int) *scenario {
	for range n {
		t.add(trace.Event{Kind: "sent", Server: 0, Peer: 1, Method: "Raft.AppendEntries", Body: fieldsOf("Term", 2)})
	}
	return t
}

func fieldsOf(pairs ...any) (all labrpc.Fields) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, labrpc.Field{Name: pairs[i].(string), Value: int64(pairs[i+1].(int))})
	}
	return all
}

// healthy returns a scenario without violations: server 0 is elected in term 1 and commits
// two entries, and server 1 is elected in term 2 and commits a third.
func healthy() *scenario {
	return newScenario().
		vote(1, 0, 1, 0, 1).
		vote(1, 2, 1, 0, 0).
		append(1, 0, 1, 0, 0, 0, 0, 1).
		add(trace.Event{Kind: trace.Start, Server: 0, Term: 1, Index: 1}).
		add(trace.Event{Kind: trace.Start, Server: 0, Term: 1, Index: 2}).
		append(1, 0, 1, 0, 0, 2, 0, 1).
		append(1, 0, 1, 2, 1, 0, 2, 1).
		add(trace.Event{Kind: trace.Apply, Server: 0, Index: 1}).
		add(trace.Event{Kind: trace.Apply, Server: 0, Index: 2}).
		add(trace.Event{Kind: trace.State, Server: 1, Term: 1}).
		vote(2, 1, 2, 2, 1).
		append(2, 1, 2, 2, 1, 0, 2, 0).
		append(2, 1, 2, 0, 0, 3, 2, 1).
		add(trace.Event{Kind: trace.State, Server: 1, Term: 2, Index: 1})
}

// service returns a scenario of part 3, where the lab sees neither Start nor applyCh:
// server 0 leads term 1, and has sent and committed ten entries.
func service() *scenario {
	return newScenario().
		vote(1, 0, 1, 0, 1).
		append(1, 0, 1, 0, 0, 10, 0, 1).
		append(1, 0, 1, 10, 1, 0, 10, 1)
}

// saves adds a save of a server's state, with a snapshot of the given size.
func (t *scenario) saves(server, snapshot int) *scenario {
	e := trace.Event{Kind: trace.Save, Server: server, Bytes: 100 + snapshot}
	if snapshot > 0 {
		e.Rest = trace.Details(trace.WithSnapshot, snapshot)
	}
	return t.add(e)
}

func TestChecksPassAHealthyCluster(t *testing.T) {
	for k, check := range Checks() {
		v, unchecked := check.Find(NewHistory(healthy().events))
		require.Nil(t, v, k)
		require.Empty(t, unchecked, k)
		v, unchecked = check.Find(NewHistory(nil))
		require.Nil(t, v, k)
		require.Empty(t, unchecked, k)
	}
}

func TestChecksFire(t *testing.T) {
	for name, c := range map[string]struct {
		find     func(*History) (*Violation, string)
		scenario *scenario
		says     string
	}{
		"a second vote": {VoteSafety, healthy().vote(2, 0, 2, 2, 1),
			"server 2 gave its vote in term 2 to server 1, and also to server 0"},
		"a second vote after a crash": {VoteSafety, healthy().add(trace.Event{Kind: trace.Boot, Server: 2}).vote(2, 0, 2, 2, 1),
			"and also to server 0. It crashed between the two votes and forgot the first"},
		"a second vote, requested by the lab": {VoteSafety, healthy().vote(2, trace.Outside, 2, 2, 1),
			"server 2 gave its vote in term 2 to server 1, and also to server 0"},
		"no majority": {CountedVotes, healthy().vote(3, 2, 1, 2, 0).append(3, 2, 1, 0, 0, 0, 0, 1),
			"server 2 leads term 3 (sent AppendEntries) with 1 of 3 votes"},
		"a vote that was never requested": {CountedVotes, healthy().append(3, 0, 2, 2, 1, 0, 2, 1),
			"server 0 leads term 3 (sent AppendEntries), but never requested a vote in it"},
		"a leader that waits for no vote": {CountedVotes, newScenario().append(1, 0, 1, 0, 0, 0, 0, 1).vote(1, 0, 1, 0, 1),
			"server 0 leads term 1 (sent AppendEntries), but requested no vote in it"},
		"votes of another term": {CountedVotes, healthy().vote(3, 2, 1, 2, 1).vote(4, 2, 1, 2, 0).add(trace.Event{Kind: trace.State, Server: 2, Term: 4, Index: 1}),
			"server 2 leads term 4 (GetState) with 1 of 3 votes"},
		"a term lost": {TermsNeverGoBack, healthy().add(trace.Event{Kind: trace.State, Server: 1, Term: 1}),
			"server 1 is in term 1, but at 0.041s it was in term 2"},
		"an index given twice": {LeaderAppendOnly, healthy().add(trace.Event{Kind: trace.Start, Server: 0, Term: 1, Index: 2}),
			"server 0, leader of term 1, gave two commands the index 2"},
		"an entry overwritten by its leader": {LeaderAppendOnly, healthy().append(2, 1, 0, 2, 2, 0, 0, 0),
			"server 1, leader of term 2, has an entry of term 2 at index 2"},
		"a leader that lost what it had acknowledged": {LeaderCompleteness,
			healthy().add(trace.Event{Kind: trace.Boot, Server: 1}).vote(3, 1, 0, 0, 1).append(3, 1, 2, 0, 0, 0, 0, 1),
			"This server had itself started or acknowledged entries up to index 2, and has crashed since"},
		"a leader whose voter lost what it had acknowledged": {LeaderCompleteness,
			healthy().add(trace.Event{Kind: trace.Boot, Server: 1}).vote(3, 2, 1, 0, 1).append(3, 2, 0, 0, 0, 0, 0, 1),
			"Server 1, which voted for it, had started or acknowledged entries up to index 2, and has crashed since"},
		"a leader that lacks an applied entry": {LeaderCompleteness, healthy().vote(3, 2, 0, 1, 1).append(3, 2, 1, 1, 1, 0, 0, 1),
			"server 2 leads term 3 (sent AppendEntries) with a log that ends at index 1, but server 0 had applied index 2"},
		"a committed entry of two terms": {LogMatching, healthy().append(3, 2, 1, 2, 2, 0, 2, 1),
			"the committed entry at index 2 is of term 2, but server 0 had sent"},
		"a snapshot with another term": {LogMatching, healthy().call(1, 0, "Raft.InstallSnapshot", fieldsOf("Term", 2, "LastIncludedIndex", 2, "LastIncludedTerm", 2), nil),
			"sent in Raft.InstallSnapshot that the committed entry at index 2 is of term 2"},
		"an acknowledged entry forgotten": {Acknowledged, healthy().append(2, 1, 2, 3, 2, 0, 2, 0),
			"server 2 refused an AppendEntries of term 2 with PrevLogIndex 3"},
		"elections without a pause": {Campaigns, healthy().campaigns(10),
			"server 2 began 11 elections within a second, the last in term 12"},
		"a dead server that sends": {AfterKill, healthy().ghost(2, 4*time.Second, CallsAfterKill+1),
			"server 2 was killed at 0.042s and keeps sending: 21 requests since 3.042s, the last of them Raft.RequestVote"},
		"requests without a pause": {Calls, healthy().heartbeats(501 + 4*CallsPerCommand),
			"server 0 sent server 1 541 requests within a second"},
		"requests without a pause, in part 3": {Calls, service().heartbeats(501 + 30*CallsPerCommand),
			"server 0 sent server 1 801 requests within a second"},
		"requests without a pause, and no commands": {Calls, newScenario().heartbeats(501), "server 0 sent server 1 501 requests"},
		"a leader in part 3 that lacks a committed entry": {LeaderCompleteness, service().vote(2, 2, 1, 9, 1).append(2, 2, 1, 9, 1, 0, 9, 1),
			"server 2 leads term 2 (sent AppendEntries) with a log that ends at index 9, but server 0 had sent LeaderCommit for index 10"},
		"an acknowledged entry forgotten in part 3": {Acknowledged, service().saves(1, 0).append(1, 0, 1, 10, 1, 0, 10, 0),
			"server 1 refused an AppendEntries of term 1 with PrevLogIndex 10"},
		"no Success in part 3": {Contract, newScenario().vote(1, 0, 1, 0, 1).append(1, 0, 1, 0, 0, 1, 1, 0),
			"server 0 sent LeaderCommit for index 1, but only 0 servers have ever replied"},
		"a leader that does not move back": {Refusals, healthy().refusals(ManyRefusals, 2, 0),
			"server 2 has refused 10 AppendEntries in a row from server 1, leader of term 2, since 0.042s. The lowest that the leader tried was PrevLogIndex 2, PrevLogTerm 1. After a refusal, the leader must move nextIndex back"},
		"a leader that moves back and starts again": {Refusals, healthy().refusals(2, 2, 1).refusals(ManyRefusals, 2, 0),
			"PrevLogIndex 1, PrevLogTerm 1"},
		"a follower that refuses every request": {Refusals, healthy().refusals(ManyRefusals, 0, 0),
			"All logs match at index 0"},
		"entries refused while a request is in flight": {Refusals, healthy().waits().refuses(100, 2, 1),
			"The lowest that the leader tried was PrevLogIndex 2"},
		"a second vote with a flag": {VoteSafety, newScenario().flagged(2, 0, 2, 2).flagged(2, 1, 2, 2),
			"server 2 gave its vote in term 2 to server 0, and also to server 1"},
		"replies that are not votes": {CountedVotes, newScenario().flagged(2, 0, 2, 1).add(trace.Event{Kind: trace.State, Server: 0, Term: 2, Index: 1}),
			"server 0 leads term 2 (GetState) with 1 of 3 votes"},
		"a field renamed": {Contract, newScenario().call(0, 1, "Raft.RequestVote", fieldsOf("Term", 1, "CandidateId", 0, "LastLogIndex", 0), nil),
			"the arguments of RequestVote have no field LastLogTerm"},
		"another server's CandidateId": {Contract, newScenario().call(0, 1, "Raft.RequestVote", fieldsOf("Term", 1, "CandidateId", 2, "LastLogIndex", 0, "LastLogTerm", 0), fieldsOf("Term", 1, "VoteGranted", 1)),
			"server 0 sent RequestVote with CandidateId 2"},
		"a LeaderId left at 0": {Contract, newScenario().call(1, 0, "Raft.AppendEntries", fieldsOf("Term", 1, "LeaderId", 0, "PrevLogIndex", 0, "PrevLogTerm", 0, "Entries", 0, "LeaderCommit", 0), fieldsOf("Term", 1, "Success", 1)),
			"server 1 sent AppendEntries with LeaderId 0"},
		"another server's LeaderId": {Contract, healthy().call(1, 2, "Raft.InstallSnapshot", fieldsOf("Term", 2, "LeaderId", 0, "LastIncludedIndex", 2, "LastIncludedTerm", 1, "Data", 9), fieldsOf("Term", 2)),
			"server 1 sent InstallSnapshot with LeaderId 0"},
		"a field of a reply renamed": {Contract, newScenario().call(0, 1, "Raft.RequestVote", fieldsOf("Term", 1, "CandidateId", 0, "LastLogIndex", 0, "LastLogTerm", 0), fieldsOf("Term", 1, "Yes", 1)),
			"the reply of RequestVote has no field VoteGranted"},
		"elections by other means": {Contract, newScenario().call(0, 1, "Raft.Ask", nil, nil).add(trace.Event{Kind: trace.State, Server: 0, Term: 1, Index: 1}),
			"server 0 leads term 1 (GetState), and no server has called a method RequestVote"},
		"entries by other means": {Contract, healthy().add(trace.Event{Kind: trace.Apply, Server: 1, Index: 9}),
			"server 1 has applied index 9, but it received entries by Start and in AppendEntries only up to index 2"},
		"a snapshot by other means": {Contract, healthy().add(trace.Event{Kind: trace.Install, Server: 2, Index: 2}),
			"server 2 sent its service a snapshot up to index 2, but it had applied entries, or received snapshots in InstallSnapshot, only up to index 0"},
		"no Success": {Contract, newScenario().vote(1, 0, 1, 0, 1).append(1, 0, 1, 0, 0, 1, 0, 0).add(trace.Event{Kind: trace.Apply, Server: 1, Index: 1}),
			"only 0 servers have ever replied to an AppendEntries with Success"},
		"an empty log that ends in term 1": {Contract, newScenario().call(0, 1, "Raft.RequestVote", fieldsOf("Term", 1, "CandidateId", 0, "LastLogIndex", 0, "LastLogTerm", 1), fieldsOf("Term", 1, "VoteGranted", 1)),
			"has LastLogTerm 1"},
		"an empty log that ends in term -1": {Contract, newScenario().call(0, 1, "Raft.RequestVote", fieldsOf("Term", 1, "CandidateId", 0, "LastLogIndex", 0, "LastLogTerm", -1), fieldsOf("Term", 1, "VoteGranted", 1)),
			"has LastLogTerm -1: the LastLogTerm of an empty log is 0"},
		"an empty log that ends at -1": {Contract, newScenario().vote(1, 0, 1, -1, 1),
			"has LastLogIndex -1"},
	} {
		v, _ := c.find(NewHistory(c.scenario.events))
		require.NotNil(t, v, name)
		require.Contains(t, v.What, c.says, name)
		require.NotEmpty(t, v.Paper, name)
	}
}

// TestTheTimesOfContractViolations checks that a violation about names has the time of the
// message, since it may be the cause of later failures, and that a violation about other
// ways to replicate has the time of the end of the case.
func TestTheTimesOfContractViolations(t *testing.T) {
	renamed := newScenario().call(0, 1, "Raft.RequestVote", fieldsOf("Term", 1, "CandidateId", 0, "LastLogIndex", 0), nil)
	at := renamed.events[3].At
	renamed.append(1, 0, 1, 0, 0, 0, 0, 1)
	v, _ := Contract(NewHistory(renamed.events))
	require.Equal(t, at, v.At)

	other := healthy().add(trace.Event{Kind: trace.Apply, Server: 1, Index: 9}).append(2, 1, 2, 3, 2, 0, 3, 1)
	v, _ = Contract(NewHistory(other.events))
	require.Equal(t, other.events[len(other.events)-1].At, v.At)
}

func TestChecksPassCorrectBehavior(t *testing.T) {
	for name, c := range map[string]struct {
		find     func(*History) (*Violation, string)
		scenario *scenario
	}{
		"refusals, each of an earlier entry":      {Refusals, healthy().refusals(50, 50, 1)},
		"refusals before and after an acceptance": {Refusals, healthy().refusals(ManyRefusals-1, 2, 0).append(2, 1, 2, 2, 1, 0, 2, 1).refusals(ManyRefusals-1, 2, 0)},
		"refusals while a snapshot is in flight": {Refusals, healthy().refusals(1, 2, 0).
			call(1, 2, "Raft.InstallSnapshot", fieldsOf("Term", 2, "LeaderId", 1, "LastIncludedIndex", 2, "LastIncludedTerm", 1, "Data", 9), fieldsOf("Term", 2)).
			refusals(ManyRefusals, 2, 0)},
		"refusals before and after a restart":             {Refusals, healthy().refusals(ManyRefusals-1, 2, 0).add(trace.Event{Kind: trace.Boot, Server: 2}).refusals(ManyRefusals-1, 2, 0)},
		"refusals until the next heartbeat":               {Refusals, healthy().refuses(2*ManyRefusals, 2, 1)},
		"heartbeats refused while a request is in flight": {Refusals, healthy().waits().refusals(ManyRefusals, 2, 0)},
		"requests soon after a kill":                      {AfterKill, healthy().ghost(2, time.Second, 100)},
		"a few requests long after a kill":                {AfterKill, healthy().ghost(2, 4*time.Second, CallsAfterKill)},
		"elections with a pause":                          {Campaigns, healthy().campaigns(9)},
		"as many requests as the limit":                   {Calls, healthy().heartbeats(500)},
		"as many requests as the limit in part 3":         {Calls, service().heartbeats(500 + 30*CallsPerCommand - 3)},
		"a snapshot in part 3":                            {Acknowledged, service().append(1, 0, 1, 10, 1, 0, 10, 0).saves(1, 400)},
		"its own snapshot, earlier":                       {Acknowledged, service().saves(1, 400).append(1, 0, 1, 10, 1, 0, 10, 0)},
		"a longer log in part 3":                          {LeaderCompleteness, service().vote(2, 2, 1, 10, 1).append(2, 2, 1, 10, 1, 0, 10, 1)},
		"the vote of a dead server":                       {VoteSafety, healthy().dies(2)},
		"a vote given again":                              {VoteSafety, healthy().vote(2, 1, 2, 2, 1)},
		"a late request, refused":                         {Acknowledged, healthy().append(2, 1, 2, 1, 1, 1, 2, 0)},
		"a server with a snapshot":                        {Acknowledged, healthy().add(trace.Event{Kind: trace.Snapshot, Server: 2, Index: 3}).append(2, 1, 2, 3, 2, 0, 2, 0)},
		"an uncommitted entry":                            {LogMatching, healthy().append(2, 1, 2, 3, 2, 0, 2, 1).append(3, 0, 2, 3, 1, 0, 2, 1)},
		"a pre-vote":                                      {VoteSafety, newScenario().flagged(2, 0, 2, 1).flagged(2, 1, 2, 1)},
		"the lab as a server":                             {Contract, healthy().vote(3, trace.Outside+2, 1, 2, 1)},
		"its own snapshot, again":                         {Contract, healthy().add(trace.Event{Kind: trace.Install, Server: 0, Index: 2})},
		"a leader's snapshot": {Contract, healthy().
			call(1, 2, "Raft.InstallSnapshot", fieldsOf("Term", 2, "LeaderId", 1, "LastIncludedIndex", 2, "LastIncludedTerm", 1, "Data", 9), fieldsOf("Term", 2)).
			add(trace.Event{Kind: trace.Install, Server: 2, Index: 2})},
		"a candidate that cannot win": {LeaderCompleteness, healthy().vote(3, 2, 0, 1, 0)},
	} {
		v, _ := c.find(NewHistory(c.scenario.events))
		require.Nil(t, v, name)
	}
}

func TestUnreadableMessagesAreReportedAsUnseen(t *testing.T) {
	foreign := newScenario().
		call(0, 1, "Raft.Ask", fieldsOf("T", 1), fieldsOf("Ok", 1)).
		add(trace.Event{Kind: trace.State, Server: 0, Term: 1, Index: 1}).
		add(trace.Event{Kind: trace.Apply, Server: 0, Index: 1})
	for k, check := range []func(*History) (*Violation, string){VoteSafety, CountedVotes, LeaderCompleteness, LogMatching, Acknowledged, Campaigns} {
		v, unchecked := check(NewHistory(foreign.events))
		require.Nil(t, v, k)
		require.Contains(t, unchecked, "no ", k)
	}
	require.Equal(t, "Not fully checked: A (no B), C (no D).", Unseen(map[string]string{"C": "no D", "A": "no B"}))
}

// TestTermsOfCallsThatOverlap checks that overlapping calls may return terms in any order: a
// goroutine may be delayed between reading its term and returning it.
func TestTermsOfCallsThatOverlap(t *testing.T) {
	state := func(term int, took time.Duration) trace.Event {
		return trace.Event{Kind: trace.State, Server: 1, Term: term, Asked: took}
	}
	for name, want := range map[string]struct {
		took time.Duration
		ok   bool
	}{
		"began before the other returned": {2 * time.Millisecond, true},
		"began when the other returned":   {time.Millisecond, true},
		"began afterwards":                {time.Millisecond / 2, false},
	} {
		v, _ := TermsNeverGoBack(NewHistory(healthy().add(state(7, 0)).add(state(6, want.took)).events))
		require.Equal(t, want.ok, v == nil, name)
	}
}

// TestALifeIsNotJudgedByWhatItSaysAfterItsCrash has a crash at the first save of a new
// term, while a call of GetState is under way that returns that term. It was never on the
// disk, so the next life may be in an older one.
func TestALifeIsNotJudgedByWhatItSaysAfterItsCrash(t *testing.T) {
	state := func(term int, took time.Duration) trace.Event {
		return trace.Event{Kind: trace.State, Server: 1, Term: term, Asked: took}
	}
	crashed := func(took time.Duration) *scenario {
		return healthy().add(state(7, 0)).
			add(trace.Event{Kind: trace.Crash, Server: 1}).
			add(state(8, took)).
			add(trace.Event{Kind: trace.Boot, Server: 1}).
			add(state(7, 0))
	}
	v, _ := TermsNeverGoBack(NewHistory(crashed(2 * time.Millisecond).events))
	require.Nil(t, v)
	v, _ = TermsNeverGoBack(NewHistory(crashed(time.Microsecond).events))
	require.NotNil(t, v, "the call was made after the crash, so of the next life")
}
