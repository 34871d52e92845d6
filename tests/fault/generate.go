package fault

import (
	"math/rand/v2"
	"time"
)

// Kind is a kind of schedules: their possible sizes and faults.
type Kind struct {
	Servers  []int // possible numbers of servers
	Commands int   // maximum number of commands
	Steps    int   // maximum number of steps
	Verbs    []Verb
}

// The limits of the time between two steps.
const (
	shortest = 20 * time.Millisecond
	longest  = 600 * time.Millisecond
)

var methods = []string{"RequestVote", "AppendEntries", "InstallSnapshot"}

// Generate draws a schedule.
func Generate(r *rand.Rand, k Kind) Schedule {
	s, steps := k.size(r)
	for range steps {
		s.Steps = append(s.Steps, Step{When: k.when(r), Do: action(r, k.verb(r), s.Servers)})
	}
	return s
}

// size draws a schedule without steps, and the number of steps it should have.
func (k Kind) size(r *rand.Rand) (s Schedule, steps int) {
	s.Servers = k.Servers[r.IntN(len(k.Servers))]
	if k.Commands > 0 {
		s.Commands = k.Commands/2 + r.IntN(k.Commands/2+1)
	}
	return s, k.Steps/2 + r.IntN(k.Steps/2+1)
}

func (k Kind) when(r *rand.Rand) When {
	if k.Commands == 0 && r.IntN(4) == 0 {
		return When{Trigger: Led}
	}
	switch r.IntN(8) {
	case 0:
		return When{Trigger: Call, Count: 1 + r.IntN(20), Method: methods[r.IntN(2)]}
	case 1:
		return When{Trigger: Led}
	case 2, 3:
		return When{Trigger: After, Time: between(r, shortest, 4*shortest)}
	}
	return When{Trigger: After, Time: between(r, shortest, longest)}
}

func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return (least + time.Duration(r.Int64N(int64(most-least)))).Round(time.Millisecond)
}

func (k Kind) verb(r *rand.Rand) Verb { return k.Verbs[r.IntN(len(k.Verbs))] }

func action(r *rand.Rand, v Verb, servers int) Action {
	a := Action{Verb: v, Who: All, To: All}
	anyone := func() Who {
		if r.IntN(2) == 0 {
			return Leader
		}
		return Who(r.IntN(servers))
	}
	switch v {
	case Start:
		a.Who, a.Count = Leader, 1+r.IntN(4)
	case Crash:
		a.Who = anyone()
		switch r.IntN(4) {
		case 0:
			a.Save = 1 + r.IntN(3)
		case 1:
			a.Method = methods[r.IntN(2)]
		}
	case Cut:
		a.Who = anyone()
		if r.IntN(3) == 0 {
			a.To = Who(r.IntN(servers))
		}
	case Heal, Restart:
		if r.IntN(2) == 0 {
			a.Who = Who(r.IntN(servers))
		}
	case Split:
		a.Sides = [][]int{nil, nil}
		for i := range servers {
			side := r.IntN(2)
			a.Sides[side] = append(a.Sides[side], i)
		}
		if a.Sides[0] == nil || a.Sides[1] == nil {
			a = Action{Verb: Heal, Who: All, To: All}
		}
	case Lose, Duplicate:
		a.Share = 10 * (1 + r.IntN(4))
	case Late:
		a.Time = between(r, 5*time.Millisecond, 200*time.Millisecond)
	case SlowDisk:
		a.Who, a.Time = anyone(), between(r, 5*time.Millisecond, 80*time.Millisecond)
	case Snapshots:
		a.Time = between(r, 10*time.Millisecond, time.Second)
	case Hold:
		a.Method, a.Replies = methods[r.IntN(len(methods))], r.IntN(2) == 0
	}
	return a
}
