package rafttest

import (
	"raftlab/tests/monitor"
	"raftlab/tests/suite"
)

// Clusters of every size. A majority is more than half of all servers: two of two,
// three of four, four of six and of seven, and a server that is alone is one itself.
// Three and five servers, which most cases have, forgive several wrong formulas.

// anySize are the sizes of which the seed draws one.
var anySize = []int{2, 4, 6, 7}

// sized returns the case with a cluster of the size that a trial draws.
func (c Case) sized(t *suite.Trial) Case {
	if len(c.Sizes) > 0 {
		c.Servers = c.Sizes[t.Rand("size").IntN(len(c.Sizes))]
		t.Resize(c.Servers)
	}
	return c
}

var AnySize2A = Case{
	Case: suite.Case{
		Name: "AnySize2A", Part: "2A", Points: 1, Servers: 7,
		Title: "a majority of 2, 4, 6 or 7 servers elects", Paper: "section 5.2", Handout: "2a.md#majorities-of-every-size",
	},
	Sizes: anySize,
	play: func(l *Lab) {
		l.mustElect(l.others())
		for range 2 {
			// As many as are just not enough, none of which leads, and then one more.
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

// justTooFew draws half of the servers, or the most that are less than half, without
// the leader, and one more, which makes them a majority. That may be the leader.
func (l *Lab) justTooFew(leader int) (some []int, one int) {
	rest := l.others(leader)
	l.main.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	half := l.cluster.Size() / 2
	left := append(rest[half:len(rest):len(rest)], leader)
	return rest[:half:half], left[l.main.IntN(len(left))]
}

// mustElect checks that servers that are just enough elect a leader.
func (l *Lab) mustElect(group []int) {
	if l.until(electionWait, func() bool { leader, _ := l.look(); return leader >= 0 }) {
		return
	}
	_, seen := l.look()
	l.trial.Failf("servers %v, %d of %d, can reach each other and elected no leader within %v: %s. They are more than half of all servers, which is enough.", group, len(group), l.cluster.Size(), electionWait, seen)
}

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

// commitByMajority has a leader start a command when it can reach half of the
// servers, or just less than half, and then one more. lose and bring back take
// servers away, and back.
func (l *Lab) commitByMajority(lose, bringBack func([]int)) {
	all := l.others()
	l.mustAgreeAmong("first", all)
	for round := range 2 {
		leader := l.Leader()
		some, one := l.justTooFew(leader)
		some[0] = leader // as many as they were, with it
		if one == leader {
			one = l.others(some...)[0]
		}
		away := l.others(some...)
		lose(away)
		if index, term, ok := l.Start(l.main, leader, round); ok {
			l.main.Sleep(longestTimeout)
			if n := l.Applied(index); n > 0 {
				l.trial.Failf("%d servers applied index %d of term %d, though only servers %v, %d of %d, could hold it: that is no majority, which is more than half of all servers.", n, index, term, some, len(some), l.cluster.Size())
			}
		}
		bringBack([]int{one})
		l.mustAgreeAmong("just enough", append(some, one))
		bringBack(l.others(append(some, one)...))
		l.mustAgreeAmong("all are here", all)
	}
}

// mustAgreeAmong starts a command until those servers, which are all that can be
// reached and a majority, have applied it.
func (l *Lab) mustAgreeAmong(command any, group []int) {
	if _, ok := l.agreeWithin(agreementWait, command, len(group)); !ok {
		l.trial.Failf("%s They are more than half of all servers, which is enough.", l.disagreement(agreementWait, command, len(group)))
	}
}

var OneServer2A = Case{
	Case: suite.Case{
		Name: "OneServer2A", Part: "2A", Points: 1, Servers: 1,
		Title: "a server that is alone leads", Paper: "section 5.2", Handout: "2a.md#majorities-of-every-size",
	},
	play: func(l *Lab) { l.mustLeadAlone() },
}

// mustLeadAlone checks that the only server of a cluster leads, and goes on leading.
func (l *Lab) mustLeadAlone() {
	leads := func() bool { _, leads := l.State(l.main, 0); return leads }
	if !l.until(electionWait, leads) {
		_, seen := l.look()
		l.trial.Failf("server 0 is alone in its cluster and did not become leader within %v: %s. Its vote for itself is a majority of one: look whether a candidate has won when it has voted for itself too, not only when an answer arrives.", electionWait, seen)
	}
	term, _ := l.State(l.main, 0)
	l.main.Sleep(2 * longestTimeout)
	if now, leads := l.State(l.main, 0); !leads || now != term {
		l.trial.Failf("server 0 is alone in its cluster and led term %d; %v later it is in term %d and leads: %t. Nobody else can depose it.", term, 2*longestTimeout, now, leads)
	}
}

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

// mustCommitAlone has the only server of a cluster commit a command.
func (l *Lab) mustCommitAlone(command any) {
	l.mustLeadAlone()
	if _, ok := l.agreeWithin(agreementWait, command, 1); !ok {
		l.trial.Failf("server 0 is alone in its cluster and leads, and the command %s was not applied within %v: %s. It is a majority itself: what it appends is committed, though no answer ever arrives.", monitor.Show(command), agreementWait, l.progress())
	}
}

var OneServer2C = Case{
	Case: suite.Case{
		Name: "OneServer2C", Part: "2C", Points: 1, Servers: 1,
		Title: "a server that is alone comes back", Paper: "section 5.3, Figure 2 (persistent state)", Handout: "2c.md#what-must-survive",
	},
	play: func(l *Lab) {
		for k := range 4 {
			l.mustCommitAlone(k)
			l.restart(0)
		}
	},
}
