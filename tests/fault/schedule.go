// Package fault describes the faults of a run as a value. A [Schedule] prints as a script
// that a person can read and change, and is parsed from one. It is generated from random
// numbers, run on a cluster, and shrunk when a program fails on it. A script looks like
// this:
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
// Steps are executed in order. Each waits for the step before it, and then for its time or
// for an event.
package fault

import (
	"fmt"
	"strings"
	"time"
)

// Schedule is the size of a run and the faults in it.
type Schedule struct {
	Servers  int
	Commands int // number of commands that clients start while it runs
	Steps    []Step

	guide *guide // chooses more steps while the schedule runs, nil for none
}

// Step is a fault, or the end of one, and when it happens.
type Step struct {
	When When
	Do   Action
}

// Trigger is the kind of time or event that a step waits for.
type Trigger string

// The triggers of steps.
const (
	At       Trigger = "at"       // a time since the start
	After    Trigger = "after"    // a time since the step before
	Commit   Trigger = "commit"   // an index that some server has applied
	Call     Trigger = "call"     // a number of calls of a method since the step before
	Election Trigger = "election" // a number of new leaders since the start
	Led      Trigger = "led"      // a leader
)

// When is when a step happens.
type When struct {
	Trigger Trigger
	Time    time.Duration // for At and After
	Count   int           // for Commit, Call, Election
	Method  string        // for Call, without the name of the service: "AppendEntries"
}

// Patience is how long a step waits for an event. If the event does not happen, the step
// is executed anyway.
const Patience = 3 * time.Second

// Verb is what a step does.
type Verb string

// The verbs of actions, each with its object.
const (
	Start     Verb = "start"          // commands at a server
	Crash     Verb = "crash"          // a server
	Restart   Verb = "restart"        // a server, or all that are down
	Cut       Verb = "cut"            // a server off the network, or one direction of a link
	Heal      Verb = "heal"           // a server, one direction of a link, or all
	Split     Verb = "split"          // the servers into sides
	Lose      Verb = "lose"           // a share of all messages
	Duplicate Verb = "duplicate"      // a share of all requests
	Late      Verb = "late"           // all messages, by up to a time
	Hold      Verb = "hold"           // requests or replies of a method
	Release   Verb = "release"        // all held messages
	SlowDisk  Verb = "slow disk"      // of a server: messages after a save leave later
	Snapshots Verb = "late snapshots" // services hand over their snapshots later
	Calm      Verb = "calm"           // all faults except crashes end
)

// Who is a server of a schedule: its number, or one of the constants.
type Who int

// The servers of a schedule that have no number.
const (
	All    Who = -1 - iota // every server, or no link
	Leader                 // the current leader; that of the highest term if there are two
)

// Action is what a step does. The verb determines which fields matter.
type Action struct {
	Verb    Verb
	Who     Who
	To      Who           // for Cut and Heal of a link: the receiver; otherwise All
	Count   int           // for Start: number of commands
	Command string        // for Start: a specific command, or ""
	Save    int           // for Crash: number of the save from now on, 0 for immediately
	Method  string        // for Crash: after the next reply to it; for Hold
	Replies bool          // for Hold: replies instead of requests
	Sides   [][]int       // for Split
	Share   int           // for Lose and Duplicate: percent
	Time    time.Duration // for Late, SlowDisk, Snapshots
}

// String returns the schedule as a script.
func (s Schedule) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "servers %d\ncommands %d\n", s.Servers, s.Commands)
	for _, step := range s.Steps {
		fmt.Fprintf(&b, "%v: %v\n", step.When, step.Do)
	}
	return b.String()
}

// Span returns how long a schedule takes without the time spent waiting for events.
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
		messages := "requests"
		if a.Replies {
			messages = "replies"
		}
		return fmt.Sprintf("hold %s %s", messages, a.Method)
	case Release, Calm:
		return string(a.Verb)
	}
	return fmt.Sprintf("%s %v", a.Verb, a.Who)
}
