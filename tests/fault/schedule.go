// Package fault describes what goes wrong in a run, and when, as a value: a
// [Schedule] prints as a script that a person can read and change, reads back
// from it, is generated from random numbers, is run on a cluster, and is made
// smaller when a program fails on it. A script looks like this:
//
//	servers 5
//	commands 40
//	at 0.8s: crash leader
//	at 1.5s: restart all
//	at commit 12: crash 2 at save 1
//	at call 30 AppendEntries: split 0 1 | 2 3 4
//	at election 3: heal
//	when led: crash leader after AppendEntries
//	after 0.1s: start 3 at leader
//	after 0.1s: start SET x=5 at leader
//	after 0.25s: hold replies RequestVote
//	after 0.4s: release
//	after 1s: calm
//
// Steps happen in order: each waits for its turn, and then for its time, or for
// something to happen.
package fault

import (
	"fmt"
	"strings"
	"time"
)

// Schedule is a run's size and what goes wrong in it.
type Schedule struct {
	Servers  int
	Commands int // that clients start while it runs
	Steps    []Step

	guide *guide // chooses more steps while it runs, nil for none
}

// Step is one thing that goes wrong, or right again.
type Step struct {
	When When
	Do   Action
}

// Trigger says what a step waits for.
type Trigger string

const (
	At       Trigger = "at"       // a time since the start
	After    Trigger = "after"    // a time since the step before
	Commit   Trigger = "commit"   // an index applied somewhere
	Call     Trigger = "call"     // so many calls of a method since the step before
	Election Trigger = "election" // so many new leaders since the start
	Led      Trigger = "led"      // a leader
)

// When is when a step happens.
type When struct {
	Trigger Trigger
	Time    time.Duration // for At and After
	Count   int           // for Commit, Call, Election
	Method  string        // for Call, without the service: "AppendEntries"
}

// Patience is how long a step waits for something to happen, before it does
// what it does all the same.
const Patience = 3 * time.Second

// Verb is what a step does.
type Verb string

const (
	Start     Verb = "start"          // commands at a server
	Crash     Verb = "crash"          // a server
	Restart   Verb = "restart"        // a server, or all that are down
	Cut       Verb = "cut"            // a server off, or one direction of a link
	Heal      Verb = "heal"           // a server, one direction of a link, or all
	Split     Verb = "split"          // the servers into sides
	Lose      Verb = "lose"           // a share of all messages
	Duplicate Verb = "duplicate"      // a share of all requests
	Late      Verb = "late"           // all messages, by up to a time
	Hold      Verb = "hold"           // requests or replies of a method
	Release   Verb = "release"        // what is held
	SlowDisk  Verb = "slow disk"      // of a server: what it sends after a save leaves later
	Snapshots Verb = "late snapshots" // the service hands them over later
	Calm      Verb = "calm"           // nothing is wrong any more
)

// Who is a server of a schedule: its number, or one of these.
type Who int

const (
	All    Who = -1 - iota // every server, or no link
	Leader                 // whoever leads then, the highest term if there are two
)

// Action is what a step does. Which fields count depends on the verb.
type Action struct {
	Verb    Verb
	Who     Who
	To      Who           // for Cut and Heal of a link: its other end; All if none is meant
	Count   int           // for Start: how many commands
	Command string        // for Start: the command, if it is to be a certain one
	Save    int           // for Crash: at that save from now on, 0 for at once
	Method  string        // for Crash: after the next reply to it; for Hold
	Replies bool          // for Hold: the replies, not the requests
	Sides   [][]int       // for Split
	Share   int           // for Lose and Duplicate: percent
	Time    time.Duration // for Late, SlowDisk, Snapshots
}

// String is the schedule as a script.
func (s Schedule) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "servers %d\ncommands %d\n", s.Servers, s.Commands)
	for _, step := range s.Steps {
		fmt.Fprintf(&b, "%v: %v\n", step.When, step.Do)
	}
	return b.String()
}

// Span returns how long a schedule takes if nothing has to be waited for.
func (s Schedule) Span() (span time.Duration) {
	for _, step := range s.Steps {
		switch step.When.Trigger {
		case At:
			span = max(span, step.When.Time)
		case After:
			span += step.When.Time
		}
	}
	if s.guide != nil {
		span += s.guide.span
	}
	return span
}

func (w When) String() string {
	switch w.Trigger {
	case At, After:
		return fmt.Sprintf("%s %s", w.Trigger, seconds(w.Time))
	case Call:
		return fmt.Sprintf("at call %d %s", w.Count, w.Method)
	case Led:
		return "when led"
	}
	return fmt.Sprintf("at %s %d", w.Trigger, w.Count)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%gs", d.Seconds()) }

func (w Who) String() string {
	switch w {
	case All:
		return "all"
	case Leader:
		return "leader"
	}
	return fmt.Sprint(int(w))
}

func (a Action) String() string {
	switch a.Verb {
	case Start:
		if a.Command != "" {
			return fmt.Sprintf("start %s at %v", a.Command, a.Who)
		}
		return fmt.Sprintf("start %d at %v", a.Count, a.Who)
	case Crash:
		switch {
		case a.Save > 0:
			return fmt.Sprintf("crash %v at save %d", a.Who, a.Save)
		case a.Method != "":
			return fmt.Sprintf("crash %v after %s", a.Who, a.Method)
		}
	case Cut, Heal:
		if a.To != All {
			return fmt.Sprintf("%s %v -> %v", a.Verb, a.Who, a.To)
		}
	case Split:
		var sides []string
		for _, side := range a.Sides {
			sides = append(sides, strings.Trim(fmt.Sprint(side), "[]"))
		}
		return "split " + strings.Join(sides, " | ")
	case Lose, Duplicate:
		return fmt.Sprintf("%s %d%%", a.Verb, a.Share)
	case Late, Snapshots:
		return fmt.Sprintf("%s %s", a.Verb, seconds(a.Time))
	case SlowDisk:
		return fmt.Sprintf("slow disk %v %s", a.Who, seconds(a.Time))
	case Hold:
		what := "requests"
		if a.Replies {
			what = "replies"
		}
		return fmt.Sprintf("hold %s %s", what, a.Method)
	case Release, Calm:
		return string(a.Verb)
	}
	return fmt.Sprintf("%s %v", a.Verb, a.Who)
}
