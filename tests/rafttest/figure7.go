package rafttest

import (
	"fmt"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// Figure7_2B holds up the AppendEntries of all other servers during each election that it
// brings about. Without that, a leader that was deposed while it was cut off overwrote the log
// of follower (f) in 14 of 24 seeds. The seven logs are reconstructed from Start and from
// acknowledgements, since asking the servers would use up terms and votes.
var Figure7_2B = Case{
	Case: suite.Case{
		Name: "Figure7_2B", Part: "2B", Points: 3, Servers: 7,
		Title: "the logs of Figure 7 become one", Paper: "section 5.3, Figure 7", Handout: "2b.md#conflicts",
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
			l.trial.Unchecked("%s could not bring about the seven logs of Figure 7: %s.", l.trial.Case.Name, why)
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

// reign is a term of Figure 7. Each entry that its leader takes reaches some
// servers besides the leader.
type reign struct {
	term    int // in the paper's numbers
	leader  int
	voters  []int
	entries [][]int
}

var local []int // an entry that stays with the leader

var reigns = []reign{
	{2, f, []int{a, b, c}, [][]int{local, local, local}},
	{3, f, []int{a, b, c}, [][]int{local, local, local, local, local}},
	{4, e, []int{top, a, b, c, d}, [][]int{{top, a, b, c, d}, {top, a, c, d}, local, local}},
	{5, c, []int{top, a, d}, [][]int{{top, a, d}, {top, a, d}}},
	{6, c, []int{top, a, d}, [][]int{{top, a, d}, {top, a, d}, {top, d}, local}},
	{7, d, []int{top, a, b}, [][]int{local, local}},
}

// figure7 brings about the logs of Figure 7, term by term, and has the leader of
// term 8 begin. It returns why the logs were others when that leader sent its first
// AppendEntries, nothing if they were these.
func (l *Lab) figure7() (why string) {
	last := 0
	for k := range 3 { // term 1
		last = l.AgreeAtLast(fmt.Sprintf("%d of term 1", k), 7)
	}
	logs := l.followLogs(last-3, []int{1, 1, 1})
	for _, r := range reigns {
		if why := l.reign(r, logs); why != "" {
			return why
		}
	}
	// All are in reach of the new leader: those whose logs are better refuse it their
	// votes, but take its term, and so have nothing to say any more.
	term, ok := l.tryElect(top, a, b, c, d, e, f)
	if !ok {
		return "server 0 did not win term 8"
	}
	logs.readUntil(func(s sighting) bool { return s.sent(appendEntries) && s.from == top && s.is(fTerm, term) })
	return logs.differ(paperLogs)
}

// reign has a server lead a term and take its entries. It returns why that did not
// come about, nothing if it did.
func (l *Lab) reign(r reign, logs *logs) (why string) {
	// What the leader has must not spread before we say so.
	silence := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(appendEntries), Links: l.links(r.leader), Kind: labrpc.Sent})
	term, ok := l.tryElect(r.leader, r.voters...)
	l.only(append([]int{r.leader}, r.entries[0]...)...)
	silence.Release()
	if !ok {
		return fmt.Sprintf("server %d did not win term %d", r.leader, r.term)
	}
	for k, to := range r.entries {
		at := l.trial.Now()
		index, now, ok := l.handed(r.leader, 1, to...)
		if !ok || now != term {
			return fmt.Sprintf("server %d, leader of term %d, did not bring entry %d of that term to servers %v", r.leader, r.term, k+1, to)
		}
		logs.started(at, r.leader, index, r.term)
	}
	l.only(r.leader)
	l.main.Sleep(5 * hop) // what is on its way is lost
	return ""
}
