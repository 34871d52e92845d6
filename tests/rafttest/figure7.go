package rafttest

import (
	"fmt"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// Figure7_2B makes the seven logs of Figure 7. It holds the AppendEntries of all other servers
// during each of its elections. Without that, a leader that was deposed while it was cut off
// overwrote the log of follower (f) in 14 of 24 seeds. The logs are derived from Start and from
// acknowledgements, because asking the servers would use up terms and votes.
var Figure7_2B = Case{
	Case: suite.Case{
		Name: "Figure7_2B", Part: "2B", Points: 3, Servers: 7,
		Title: "the logs of Figure 7 become identical", Paper: "section 5.3, Figure 7", Handout: "2b.md#conflicts",
	},
	play: func(l *Lab) {
		l.watchElection()
		why := ""
		for range 3 {
			if why = l.figure7(); why == "" {
				break
			}
			l.only(l.others()...)
			l.AgreeAtLast("again", 7)
		}
		if why != "" {
			l.trial.Unchecked("%s could not make the seven logs of Figure 7: %s.", l.trial.Case.Name, why)
		}
		l.AgreeAtLast("one log", 7)
	},
}

// The servers of Figure 7: the leader of term 8, and the followers (a) to (f).
const top, a, b, c, d, e, f = 0, 1, 2, 3, 4, 5, 6

// paperLogs are the logs of Figure 7, by server: the term of each entry, in the
// paper's numbers.
var paperLogs = [][]int{
	top: {1, 1, 1, 4, 4, 5, 5, 6, 6, 6},
	a:   {1, 1, 1, 4, 4, 5, 5, 6, 6},
	b:   {1, 1, 1, 4},
	c:   {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6},
	d:   {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7},
	e:   {1, 1, 1, 4, 4, 4, 4},
	f:   {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3},
}

// figureTerm is a term of Figure 7. entries lists, for each entry that its leader accepts, the
// other servers that get it.
type figureTerm struct {
	term    int // in the paper's numbers
	leader  int
	voters  []int
	entries [][]int
}

var local []int // an entry that only the leader has

var figureTerms = []figureTerm{
	{2, f, []int{a, b, c}, [][]int{local, local, local}},
	{3, f, []int{a, b, c}, [][]int{local, local, local, local, local}},
	{4, e, []int{top, a, b, c, d}, [][]int{{top, a, b, c, d}, {top, a, c, d}, local, local}},
	{5, c, []int{top, a, d}, [][]int{{top, a, d}, {top, a, d}}},
	{6, c, []int{top, a, d}, [][]int{{top, a, d}, {top, a, d}, {top, d}, local}},
	{7, d, []int{top, a, b}, [][]int{local, local}},
}

// figure7 makes the logs of Figure 7, term by term, and elects the leader of term 8. It returns
// how the logs differed from the figure when that leader sent its first AppendEntries, or "".
func (l *Lab) figure7() (why string) {
	last := 0
	for k := range 3 { // term 1
		last = l.AgreeAtLast(fmt.Sprintf("%d of term 1", k), 7)
	}
	logs := l.followLogs(last-3, []int{1, 1, 1})
	for _, t := range figureTerms {
		if why := l.playTerm(t, logs); why != "" {
			return why
		}
	}
	// The new leader can reach all servers. Those whose logs are more up-to-date refuse to
	// vote for it, but adopt its term.
	term, ok := l.tryElect(top, a, b, c, d, e, f)
	if !ok {
		return "server 0 did not win term 8"
	}
	logs.readUntil(func(s sighting) bool { return s.sent(appendEntries) && s.from == top && s.is(fTerm, term) })
	return logs.differ(paperLogs)
}

// playTerm makes a server lead a term and replicate its entries. It returns what failed, or "".
func (l *Lab) playTerm(t figureTerm, logs *logs) (why string) {
	// The leader's entries must reach other servers only when the case says so.
	silence := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(appendEntries), Links: l.links(t.leader), Kind: labrpc.Sent})
	term, ok := l.tryElect(t.leader, t.voters...)
	l.only(append([]int{t.leader}, t.entries[0]...)...)
	silence.Release()
	if !ok {
		return fmt.Sprintf("server %d did not win term %d", t.leader, t.term)
	}
	for k, to := range t.entries {
		at := l.trial.Now()
		index, now, ok := l.handed(t.leader, 1, to...)
		if !ok || now != term {
			return fmt.Sprintf("server %d, leader of term %d, did not replicate entry %d of that term to servers %v", t.leader, t.term, k+1, to)
		}
		logs.started(at, t.leader, index, t.term)
	}
	l.only(t.leader)
	l.main.Sleep(5 * hop) // messages in flight are lost
	return ""
}
