package rafttest

import (
	"raftlab/tests/monitor"
	"raftlab/tests/suite"
)

// Clusters of different sizes. A majority is more than half of all servers: two of two, three of
// four, four of six and of seven, and one of one. With three or five servers, as in most cases,
// several wrong formulas give correct results.

// anySize lists the sizes of which one is drawn from the seed.
var anySize = []int{2, 4, 6, 7}

// sized returns the case with a size of its cluster that is drawn from the trial's seed.
func (c Case) sized(t *suite.Trial) Case {
	if len(c.Sizes) > 0 {
		c.Servers = c.Sizes[t.Rand("size").IntN(len(c.Sizes))]
		t.Resize(c.Servers)
	}
	return c
}

// AnySize2A elects leaders with just enough servers.
var AnySize2A = Case{
	Case: suite.Case{
		Name: "AnySize2A", Part: "2A", Points: 1, Servers: 7,
		Title: "a majority of 2, 4, 6 or 7 servers elects a leader", Paper: "section 5.2", Handout: "2a.md#majorities-of-every-size",
	},
	Sizes: anySize,
	play: func(l *Lab) {
		l.mustElect(l.others())
		for range 2 {
			// One server too few for a majority, none of which leads, and then one more.
			some, one := l.justTooFew(l.Leader())
			l.only(some...)
			l.main.Sleep(2 * longestTimeout)
			l.NoLeader()
			l.cluster.Heal(one)
			l.mustElect(append(some, one))
			l.only(l.others()...)
			l.Leader()
		}
	},
}

// justTooFew draws as many servers as possible that are no majority, without the leader, and one
// more, which makes them a majority and may be the leader.
func (l *Lab) justTooFew(leader int) (some []int, one int) {
	rest := l.others(leader)
	l.main.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	half := l.cluster.Size() / 2
	left := append(rest[half:len(rest):len(rest)], leader)
	return rest[:half:half], left[l.main.IntN(len(left))]
}

// mustElect checks that the servers of a group, which are a majority, elect a leader.
func (l *Lab) mustElect(group []int) {
	if l.until(electionWait, func() bool { leader, _ := l.look(); return leader >= 0 }) {
		return
	}
	_, seen := l.look()
	l.trial.Failf("servers %v, %d of %d, can reach each other, but elected no leader within %v: %s. They are more than half of all servers, which is enough.", group, len(group), l.cluster.Size(), electionWait, seen)
}

// AnySize2B commits commands with just enough servers.
var AnySize2B = Case{
	Case: suite.Case{
		Name: "AnySize2B", Part: "2B", Points: 1, Servers: 7,
		Title: "a majority of 2, 4, 6 or 7 servers commits", Paper: "section 5.3", Handout: "2b.md#majorities",
	},
	Sizes: anySize,
	play: func(l *Lab) {
		l.commitByMajority(func(away []int) { l.cluster.Cut(away...) }, func(back []int) { l.cluster.Heal(back...) })
	},
}

// AnySize2C is AnySize2B with crashes.
var AnySize2C = Case{
	Case: suite.Case{
		Name: "AnySize2C", Part: "2C", Points: 1, Servers: 7,
		Title: "a majority of 2, 4, 6 or 7 servers survives crashes", Paper: "section 5.3, Figure 2 (persistent state)", Handout: "2c.md#what-must-survive",
	},
	Sizes: anySize,
	play: func(l *Lab) {
		l.commitByMajority(func(away []int) { l.crash(away...) }, func(back []int) { l.restart(back...) })
	},
}

// commitByMajority starts a command on a leader that with the servers it can reach is just no
// majority, and then with one more server. lose and bringBack disconnect or crash servers, and
// reverse that.
func (l *Lab) commitByMajority(lose, bringBack func([]int)) {
	all := l.others()
	l.mustAgreeAmong("first", all)
	for round := range 2 {
		leader := l.Leader()
		some, one := l.justTooFew(leader)
		some[0] = leader // the same number of servers, with the leader
		if one == leader {
			one = l.others(some...)[0]
		}
		away := l.others(some...)
		lose(away)
		if index, term, ok := l.Start(l.main, leader, round); ok {
			l.main.Sleep(longestTimeout)
			if n := l.Applied(index); n > 0 {
				l.trial.Failf("%d servers applied index %d of term %d, although only servers %v, %d of %d, could have it: that is no majority, which is more than half of all servers.", n, index, term, some, len(some), l.cluster.Size())
			}
		}
		bringBack([]int{one})
		l.mustAgreeAmong("just enough", append(some, one))
		bringBack(l.others(append(some, one)...))
		l.mustAgreeAmong("all are here", all)
	}
}

// mustAgreeAmong starts a command until the servers of a group have applied it. They must be a
// majority, and all reachable servers.
func (l *Lab) mustAgreeAmong(command any, group []int) {
	if _, ok := l.agreeWithin(agreementWait, command, len(group)); !ok {
		l.trial.Failf("%s They are more than half of all servers, which is enough.", l.disagreement(agreementWait, command, len(group)))
	}
}

// OneServer2A checks that the only server of a cluster becomes leader.
var OneServer2A = Case{
	Case: suite.Case{
		Name: "OneServer2A", Part: "2A", Points: 1, Servers: 1,
		Title: "a server that is alone becomes leader", Paper: "section 5.2", Handout: "2a.md#majorities-of-every-size",
	},
	play: func(l *Lab) { l.mustLeadAlone() },
}

// mustLeadAlone checks that the only server of a cluster becomes leader and remains it.
func (l *Lab) mustLeadAlone() {
	leads := func() bool { _, leads := l.State(l.main, 0); return leads }
	if !l.until(electionWait, leads) {
		_, seen := l.look()
		l.trial.Failf("server 0 is alone in its cluster and did not become leader within %v: %s. Its vote for itself is a majority of one: check whether a candidate has won after it votes for itself, not only when a reply arrives.", electionWait, seen)
	}
	term, _ := l.State(l.main, 0)
	l.main.Sleep(2 * longestTimeout)
	if now, leads := l.State(l.main, 0); !leads || now != term {
		l.trial.Failf("server 0 is alone in its cluster and led term %d; %v later it is in term %d and leads: %t. No other server can depose it.", term, 2*longestTimeout, now, leads)
	}
}

// OneServer2B commits commands on the only server of a cluster.
var OneServer2B = Case{
	Case: suite.Case{
		Name: "OneServer2B", Part: "2B", Points: 1, Servers: 1,
		Title: "a server that is alone commits", Paper: "section 5.3", Handout: "2b.md#majorities",
	},
	play: func(l *Lab) {
		for k := range 3 {
			l.mustCommitAlone(k)
		}
	},
}

// mustCommitAlone commits a command on the only server of a cluster.
func (l *Lab) mustCommitAlone(command any) {
	l.mustLeadAlone()
	if _, ok := l.agreeWithin(agreementWait, command, 1); !ok {
		l.trial.Failf("server 0 is alone in its cluster and leads, but the command %s was not applied within %v: %s. It is a majority by itself: the entries it appends are committed, although no reply ever arrives.", monitor.Show(command), agreementWait, l.progress())
	}
}

// OneServer2C restarts the only server of a cluster.
var OneServer2C = Case{
	Case: suite.Case{
		Name: "OneServer2C", Part: "2C", Points: 1, Servers: 1,
		Title: "a server that is alone restarts", Paper: "section 5.3, Figure 2 (persistent state)", Handout: "2c.md#what-must-survive",
	},
	play: func(l *Lab) {
		for k := range 4 {
			l.mustCommitAlone(k)
			l.restart(0)
		}
	},
}
