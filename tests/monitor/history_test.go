package monitor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
	"raftlab/tests/trace"
)

// toy writes down what a toy cluster of three does, a millisecond apart.
type toy struct {
	pauses time.Duration // beyond a millisecond for each event
	events []trace.Event
	calls  uint64
}

func newToy() *toy {
	t := &toy{}
	for i := range 3 {
		t.add(trace.Event{Kind: trace.Boot, Server: i})
	}
	return t
}

func (t *toy) add(e trace.Event) *toy {
	e.At = t.pauses + time.Duration(len(t.events)+1)*time.Millisecond
	e.Asked = e.At - e.Asked // given as how long the call took
	t.events = append(t.events, e)
	return t
}

// call has one server ask another, and the answer come back.
func (t *toy) call(from, to int, method string, args, reply labrpc.Fields) *toy {
	t.calls++
	t.add(trace.Event{Kind: "sent", Server: from, Peer: to, Method: method, ID: t.calls, Body: args})
	t.add(trace.Event{Kind: "delivered", Server: from, Peer: to, Method: method, ID: t.calls})
	t.add(trace.Event{Kind: "replied", Server: to, Peer: from, Method: method, ID: t.calls, Body: reply})
	return t.add(trace.Event{Kind: "returned", Server: to, Peer: from, Method: method, ID: t.calls, Body: reply})
}

func (t *toy) vote(term, candidate, voter, last int, granted int64) *toy {
	return t.call(candidate, voter, "Raft.RequestVote",
		fieldsOf("Term", term, "CandidateId", candidate%trace.Outside, "LastLogIndex", last, "LastLogTerm", 0),
		fieldsOf("Term", term, "VoteGranted", int(granted)))
}

// flagged has a candidate ask with an argument more, and the voter grant in a
// term of its own.
func (t *toy) flagged(term, candidate, voter, replied int) *toy {
	return t.call(candidate, voter, "Raft.RequestVote",
		fieldsOf("Term", term, "CandidateId", candidate, "LastLogIndex", 0, "LastLogTerm", 0, "Flag", 1),
		fieldsOf("Term", replied, "VoteGranted", 1))
}

// dies has a server die while it gives a vote in term 2 that nobody hears of.
func (t *toy) dies(voter int) *toy {
	t.calls++
	t.add(trace.Event{Kind: "sent", Server: 0, Peer: voter, Method: "Raft.RequestVote", ID: t.calls, Body: fieldsOf("Term", 2, "CandidateId", 0)})
	t.add(trace.Event{Kind: "delivered", Server: 0, Peer: voter, Method: "Raft.RequestVote", ID: t.calls})
	t.add(trace.Event{Kind: trace.Crash, Server: voter})
	return t.add(trace.Event{Kind: "replied", Server: voter, Peer: 0, Method: "Raft.RequestVote", ID: t.calls, Body: fieldsOf("Term", 2, "VoteGranted", 1)})
}

func (t *toy) append(term, leader, follower, prev, prevTerm, entries, commit, success int) *toy {
	return t.call(leader, follower, "Raft.AppendEntries",
		fieldsOf("Term", term, "LeaderId", leader, "PrevLogIndex", prev, "PrevLogTerm", prevTerm, "Entries", entries, "LeaderCommit", commit),
		fieldsOf("Term", term, "Success", success))
}

// ghost has a server die, and send so many requests so long after that.
func (t *toy) ghost(server int, later time.Duration, requests int) *toy {
	t.add(trace.Event{Kind: trace.Crash, Server: server})
	died := t.events[len(t.events)-1].At
	for k := range requests {
		t.events = append(t.events, trace.Event{At: died + later + time.Duration(k)*time.Millisecond, Kind: "ignored", Server: server, Peer: 0, Method: "Raft.RequestVote"})
	}
	return t
}

// campaigns has server 2 stand in so many terms that nobody answers.
func (t *toy) campaigns(n int) *toy {
	for k := range n {
		t.add(trace.Event{Kind: "sent", Server: 2, Peer: 0, Method: "Raft.RequestVote", Body: fieldsOf("Term", 3+k)})
	}
	return t
}

// refusals has server 2 refuse, as often, heartbeats of server 1 that follow entries
// which get earlier by a step each time.
func (t *toy) refusals(n, prev, step int) *toy {
	for k := range n {
		t.refuses(1, prev-k*step, 0)
		t.pauses += 50 * time.Millisecond
	}
	return t
}

// refuses has server 2 refuse AppendEntries of server 1, as often and without a pause.
func (t *toy) refuses(n, prev, entries int) *toy {
	for range n {
		t.append(2, 1, 2, prev, 1, entries, 2, 0)
	}
	return t
}

// waits has server 1 send server 2 an AppendEntries that is not answered for long.
func (t *toy) waits() *toy {
	t.calls++
	t.add(trace.Event{Kind: "sent", Server: 1, Peer: 2, Method: "Raft.AppendEntries", ID: t.calls, Body: fieldsOf("Term", 2, "PrevLogIndex", 2, "PrevLogTerm", 1)})
	t.pauses += 200 * time.Millisecond
	return t
}

// heartbeats has server 0 send so many that nobody answers.
func (t *toy) heartbeats(n int) *toy {
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

// healthy is a toy that elects server 0 in term 1, agrees on two entries, and
// elects server 1 in term 2, which agrees on a third.
func healthy() *toy {
	return newToy().
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

// service is a toy of part 3, where the lab sees neither Start nor applyCh: server 0
// leads term 1 and has sent, and committed, ten entries.
func service() *toy {
	return newToy().
		vote(1, 0, 1, 0, 1).
		append(1, 0, 1, 0, 0, 10, 0, 1).
		append(1, 0, 1, 10, 1, 0, 10, 1)
}

// saves has a server save its state, with a snapshot of so many bytes.
func (t *toy) saves(server, snapshot int) *toy {
	e := trace.Event{Kind: trace.Save, Server: server, Bytes: 100 + snapshot}
	if snapshot > 0 {
		e.Rest = trace.Say(trace.WithSnapshot, snapshot)
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
		find func(*History) (*Violation, string)
		toy  *toy
		says string
	}{
		"a second vote": {VoteSafety, healthy().vote(2, 0, 2, 2, 1),
			"server 2 gave its vote in term 2 to server 1, and to server 0 as well"},
		"a second vote after a crash": {VoteSafety, healthy().add(trace.Event{Kind: trace.Boot, Server: 2}).vote(2, 0, 2, 2, 1),
			"to server 0 as well. It crashed between the two, and had forgotten"},
		"a second vote, asked for by the test": {VoteSafety, healthy().vote(2, trace.Outside, 2, 2, 1),
			"server 2 gave its vote in term 2 to server 1, and to server 0 as well"},
		"no majority": {CountedVotes, healthy().vote(3, 2, 1, 2, 0).append(3, 2, 1, 0, 0, 0, 0, 1),
			"server 2 leads term 3 (sent AppendEntries) with 1 of 3 votes"},
		"the term of a vote that was never asked for": {CountedVotes, healthy().append(3, 0, 2, 2, 1, 0, 2, 1),
			"server 0 leads term 3 (sent AppendEntries), and has never asked for a vote in it"},
		"a leader that waits for no vote": {CountedVotes, newToy().append(1, 0, 1, 0, 0, 0, 0, 1).vote(1, 0, 1, 0, 1),
			"server 0 leads term 1 (sent AppendEntries) and has not asked for a vote in it"},
		"votes of another term": {CountedVotes, healthy().vote(3, 2, 1, 2, 1).vote(4, 2, 1, 2, 0).add(trace.Event{Kind: trace.State, Server: 2, Term: 4, Index: 1}),
			"server 2 leads term 4 (GetState) with 1 of 3 votes"},
		"a term lost": {TermsNeverGoBack, healthy().add(trace.Event{Kind: trace.State, Server: 1, Term: 1}),
			"server 1 is in term 1, and at 0.041s it was in term 2"},
		"an index given twice": {LeaderAppendOnly, healthy().add(trace.Event{Kind: trace.Start, Server: 0, Term: 1, Index: 2}),
			"server 0, leader of term 1, gave two commands the index 2"},
		"an entry overwritten by its leader": {LeaderAppendOnly, healthy().append(2, 1, 0, 2, 2, 0, 0, 0),
			"server 1, leader of term 2, has an entry of term 2 at index 2"},
		"a leader that lost what it had acknowledged": {LeaderCompleteness,
			healthy().add(trace.Event{Kind: trace.Boot, Server: 1}).vote(3, 1, 0, 0, 1).append(3, 1, 2, 0, 0, 0, 0, 1),
			"It had taken or acknowledged entries up to index 2 itself, and crashed since"},
		"a leader whose voter lost what it had acknowledged": {LeaderCompleteness,
			healthy().add(trace.Event{Kind: trace.Boot, Server: 1}).vote(3, 2, 1, 0, 1).append(3, 2, 0, 0, 0, 0, 0, 1),
			"Server 1, which voted for it, had taken or acknowledged entries up to index 2, and crashed since"},
		"a leader that lacks what was applied": {LeaderCompleteness, healthy().vote(3, 2, 0, 1, 1).append(3, 2, 1, 1, 1, 0, 0, 1),
			"server 2 leads term 3 (sent AppendEntries) with a log that ends at index 1, though server 0 had applied index 2"},
		"a committed entry of two terms": {LogMatching, healthy().append(3, 2, 1, 2, 2, 0, 2, 1),
			"the committed entry at index 2 is of term 2; server 0 had said"},
		"a snapshot with another term": {LogMatching, healthy().call(1, 0, "Raft.InstallSnapshot", fieldsOf("Term", 2, "LastIncludedIndex", 2, "LastIncludedTerm", 2), nil),
			"says in Raft.InstallSnapshot that the committed entry at index 2 is of term 2"},
		"an acknowledged entry forgotten": {Acknowledged, healthy().append(2, 1, 2, 3, 2, 0, 2, 0),
			"server 2 refused an AppendEntries of term 2 that follows index 3"},
		"elections without a pause": {Campaigns, healthy().campaigns(10),
			"server 2 began 11 elections within a second, the last in term 12"},
		"a dead server that sends": {AfterKill, healthy().ghost(2, 4*time.Second, CallsAfterKill+1),
			"server 2 was killed at 0.042s and goes on sending: 21 requests since 3.042s, the last is Raft.RequestVote"},
		"requests without a pause": {Calls, healthy().heartbeats(501 + 4*CallsPerCommand),
			"server 0 sent server 1 541 requests within a second"},
		"requests without a pause, of a service": {Calls, service().heartbeats(501 + 30*CallsPerCommand),
			"server 0 sent server 1 801 requests within a second"},
		"requests without a pause, and no commands": {Calls, newToy().heartbeats(501), "server 0 sent server 1 501 requests"},
		"a leader of a service that lacks what was committed": {LeaderCompleteness, service().vote(2, 2, 1, 9, 1).append(2, 2, 1, 9, 1, 0, 9, 1),
			"server 2 leads term 2 (sent AppendEntries) with a log that ends at index 9, though server 0 had said to have committed index 10"},
		"an acknowledged entry forgotten by a service": {Acknowledged, service().saves(1, 0).append(1, 0, 1, 10, 1, 0, 10, 0),
			"server 1 refused an AppendEntries of term 1 that follows index 10"},
		"nobody says Success to a service": {Contract, newToy().vote(1, 0, 1, 0, 1).append(1, 0, 1, 0, 0, 1, 1, 0),
			"server 0 said to have committed index 1, though only 0 servers have ever answered"},
		"a leader that does not go back": {Refusals, healthy().refusals(ManyRefusals, 2, 0),
			"server 2 has refused 10 AppendEntries of server 1, leader of term 2, in a row since 0.042s, and the lowest that the leader tried was PrevLogIndex 2, PrevLogTerm 1. After a refusal the leader moves nextIndex back"},
		"a leader that goes back and starts again": {Refusals, healthy().refusals(2, 2, 1).refusals(ManyRefusals, 2, 0),
			"PrevLogIndex 1, PrevLogTerm 1"},
		"a follower that refuses whatever it is sent": {Refusals, healthy().refusals(ManyRefusals, 0, 0),
			"All logs agree at index 0"},
		"entries refused while a request is not answered": {Refusals, healthy().waits().refuses(100, 2, 1),
			"the lowest that the leader tried was PrevLogIndex 2"},
		"a second vote under a flag": {VoteSafety, newToy().flagged(2, 0, 2, 2).flagged(2, 1, 2, 2),
			"server 2 gave its vote in term 2 to server 0, and to server 1 as well"},
		"votes that are none": {CountedVotes, newToy().flagged(2, 0, 2, 1).add(trace.Event{Kind: trace.State, Server: 0, Term: 2, Index: 1}),
			"server 0 leads term 2 (GetState) with 1 of 3 votes"},
		"a field renamed": {Contract, newToy().call(0, 1, "Raft.RequestVote", fieldsOf("Term", 1, "CandidateId", 0, "LastLogIndex", 0), nil),
			"the arguments of RequestVote have no field LastLogTerm"},
		"a vote for another": {Contract, newToy().call(0, 1, "Raft.RequestVote", fieldsOf("Term", 1, "CandidateId", 2, "LastLogIndex", 0, "LastLogTerm", 0), fieldsOf("Term", 1, "VoteGranted", 1)),
			"server 0 sent RequestVote with CandidateId 2"},
		"a leader's number left at 0": {Contract, newToy().call(1, 0, "Raft.AppendEntries", fieldsOf("Term", 1, "LeaderId", 0, "PrevLogIndex", 0, "PrevLogTerm", 0, "Entries", 0, "LeaderCommit", 0), fieldsOf("Term", 1, "Success", 1)),
			"server 1 sent AppendEntries with LeaderId 0"},
		"a snapshot in the name of another": {Contract, healthy().call(1, 2, "Raft.InstallSnapshot", fieldsOf("Term", 2, "LeaderId", 0, "LastIncludedIndex", 2, "LastIncludedTerm", 1, "Data", 9), fieldsOf("Term", 2)),
			"server 1 sent InstallSnapshot with LeaderId 0"},
		"an answer renamed": {Contract, newToy().call(0, 1, "Raft.RequestVote", fieldsOf("Term", 1, "CandidateId", 0, "LastLogIndex", 0, "LastLogTerm", 0), fieldsOf("Term", 1, "Yes", 1)),
			"the reply of RequestVote has no field VoteGranted"},
		"elections by other means": {Contract, newToy().call(0, 1, "Raft.Ask", nil, nil).add(trace.Event{Kind: trace.State, Server: 0, Term: 1, Index: 1}),
			"server 0 leads term 1 (GetState), and no server has called a method RequestVote"},
		"entries by other means": {Contract, healthy().add(trace.Event{Kind: trace.Apply, Server: 1, Index: 9}),
			"server 1 has applied index 9, and what came to it by Start and in AppendEntries ends at index 2"},
		"a snapshot by other means": {Contract, healthy().add(trace.Event{Kind: trace.Install, Server: 2, Index: 2}),
			"the service of server 2 was handed a snapshot up to index 2, and what it had applied, or was sent in InstallSnapshot, ends at index 0"},
		"nobody says Success": {Contract, newToy().vote(1, 0, 1, 0, 1).append(1, 0, 1, 0, 0, 1, 0, 0).add(trace.Event{Kind: trace.Apply, Server: 1, Index: 1}),
			"only 0 servers have ever answered an AppendEntries with Success"},
		"an empty log that ends in term 1": {Contract, newToy().call(0, 1, "Raft.RequestVote", fieldsOf("Term", 1, "CandidateId", 0, "LastLogIndex", 0, "LastLogTerm", 1), fieldsOf("Term", 1, "VoteGranted", 1)),
			"has LastLogTerm 1"},
		"an empty log that ends in term -1": {Contract, newToy().call(0, 1, "Raft.RequestVote", fieldsOf("Term", 1, "CandidateId", 0, "LastLogIndex", 0, "LastLogTerm", -1), fieldsOf("Term", 1, "VoteGranted", 1)),
			"has LastLogTerm -1: a log without entries ends in term 0"},
		"an empty log that ends at -1": {Contract, newToy().vote(1, 0, 1, -1, 1),
			"has LastLogIndex -1"},
	} {
		v, _ := c.find(NewHistory(c.toy.events))
		require.NotNil(t, v, name)
		require.Contains(t, v.What, c.says, name)
		require.NotEmpty(t, v.Paper, name)
	}
}

// TestNamesAreFoundAtOnce: whatever goes wrong after a message that cannot be read may
// come of that, so it is told first; what is said of other ways to replicate comes last.
func TestNamesAreFoundAtOnce(t *testing.T) {
	renamed := newToy().call(0, 1, "Raft.RequestVote", fieldsOf("Term", 1, "CandidateId", 0, "LastLogIndex", 0), nil)
	at := renamed.events[3].At
	renamed.append(1, 0, 1, 0, 0, 0, 0, 1)
	v, _ := Contract(NewHistory(renamed.events))
	require.Equal(t, at, v.At)

	other := healthy().add(trace.Event{Kind: trace.Apply, Server: 1, Index: 9}).append(2, 1, 2, 3, 2, 0, 3, 1)
	v, _ = Contract(NewHistory(other.events))
	require.Equal(t, other.events[len(other.events)-1].At, v.At)
}

func TestChecksForgive(t *testing.T) {
	for name, c := range map[string]struct {
		find func(*History) (*Violation, string)
		toy  *toy
	}{
		"refusals, each of an earlier entry": {Refusals, healthy().refusals(50, 50, 1)},
		"refusals, and then not":             {Refusals, healthy().refusals(ManyRefusals-1, 2, 0).append(2, 1, 2, 2, 1, 0, 2, 1).refusals(ManyRefusals-1, 2, 0)},
		"refusals while a snapshot is on its way": {Refusals, healthy().refusals(1, 2, 0).
			call(1, 2, "Raft.InstallSnapshot", fieldsOf("Term", 2, "LeaderId", 1, "LastIncludedIndex", 2, "LastIncludedTerm", 1, "Data", 9), fieldsOf("Term", 2)).
			refusals(ManyRefusals, 2, 0)},
		"refusals of several servers that start again":       {Refusals, healthy().refusals(ManyRefusals-1, 2, 0).add(trace.Event{Kind: trace.Boot, Server: 2}).refusals(ManyRefusals-1, 2, 0)},
		"refusals until the next heartbeat":                  {Refusals, healthy().refuses(2*ManyRefusals, 2, 1)},
		"heartbeats refused while a request is not answered": {Refusals, healthy().waits().refusals(ManyRefusals, 2, 0)},
		"last words":                    {AfterKill, healthy().ghost(2, time.Second, 100)},
		"a straggler":                   {AfterKill, healthy().ghost(2, 4*time.Second, CallsAfterKill)},
		"elections with a pause":        {Campaigns, healthy().campaigns(9)},
		"as many requests as work":      {Calls, healthy().heartbeats(500)},
		"as many as a service has work": {Calls, service().heartbeats(500 + 30*CallsPerCommand - 3)},
		"a snapshot of a service":       {Acknowledged, service().append(1, 0, 1, 10, 1, 0, 10, 0).saves(1, 400)},
		"its own snapshot, earlier":     {Acknowledged, service().saves(1, 400).append(1, 0, 1, 10, 1, 0, 10, 0)},
		"a longer log in a service":     {LeaderCompleteness, service().vote(2, 2, 1, 10, 1).append(2, 2, 1, 10, 1, 0, 10, 1)},
		"the vote of a dead server":     {VoteSafety, healthy().dies(2)},
		"a vote given again":            {VoteSafety, healthy().vote(2, 1, 2, 2, 1)},
		"a late request, refused":       {Acknowledged, healthy().append(2, 1, 2, 1, 1, 1, 2, 0)},
		"a server with a snapshot":      {Acknowledged, healthy().add(trace.Event{Kind: trace.Snapshot, Server: 2, Index: 3}).append(2, 1, 2, 3, 2, 0, 2, 0)},
		"an uncommitted entry":          {LogMatching, healthy().append(2, 1, 2, 3, 2, 0, 2, 1).append(3, 0, 2, 3, 1, 0, 2, 1)},
		"a question before an election": {VoteSafety, newToy().flagged(2, 0, 2, 1).flagged(2, 1, 2, 1)},
		"the lab in a server's place":   {Contract, healthy().vote(3, trace.Outside+2, 1, 2, 1)},
		"its own snapshot, again":       {Contract, healthy().add(trace.Event{Kind: trace.Install, Server: 0, Index: 2})},
		"a leader's snapshot": {Contract, healthy().
			call(1, 2, "Raft.InstallSnapshot", fieldsOf("Term", 2, "LeaderId", 1, "LastIncludedIndex", 2, "LastIncludedTerm", 1, "Data", 9), fieldsOf("Term", 2)).
			add(trace.Event{Kind: trace.Install, Server: 2, Index: 2})},
		"a candidate that cannot win": {LeaderCompleteness, healthy().vote(3, 2, 0, 1, 0)},
	} {
		v, _ := c.find(NewHistory(c.toy.events))
		require.Nil(t, v, name)
	}
}

func TestChecksSayWhatTheyCouldNotSee(t *testing.T) {
	foreign := newToy().
		call(0, 1, "Raft.Ask", fieldsOf("T", 1), fieldsOf("Ok", 1)).
		add(trace.Event{Kind: trace.State, Server: 0, Term: 1, Index: 1}).
		add(trace.Event{Kind: trace.Apply, Server: 0, Index: 1})
	for k, check := range []func(*History) (*Violation, string){VoteSafety, CountedVotes, LeaderCompleteness, LogMatching, Acknowledged, Campaigns} {
		v, unchecked := check(NewHistory(foreign.events))
		require.Nil(t, v, k)
		require.Contains(t, unchecked, "no ", k)
	}
	require.Equal(t, "Not checked, or in part: A (no B), C (no D).", Unseen(map[string]string{"C": "no D", "A": "no B"}))
}

// A goroutine may be held up between reading its term and returning it.
func TestTermsOfCallsThatOverlap(t *testing.T) {
	state := func(term int, took time.Duration) trace.Event {
		return trace.Event{Kind: trace.State, Server: 1, Term: term, Asked: took}
	}
	for name, want := range map[string]struct {
		took time.Duration
		ok   bool
	}{
		"it began before the other returned": {2 * time.Millisecond, true},
		"it began as the other returned":     {time.Millisecond, true},
		"it began afterwards":                {time.Millisecond / 2, false},
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
	crashed := func(took time.Duration) *toy {
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
