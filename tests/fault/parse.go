package fault

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Parse reads a script and checks it. An error names the line.
func Parse(script string) (s Schedule, err error) {
	for i, line := range strings.Split(script, "\n") {
		text, _, _ := strings.Cut(line, "#")
		if strings.TrimSpace(text) == "" {
			continue
		}
		if err := s.parseLine(text); err != nil {
			return s, fmt.Errorf("line %d, %q: %w", i+1, strings.TrimSpace(line), err)
		}
	}
	return s, s.Check()
}

// Check returns an error if a schedule has no servers, or names one that does not exist.
func (s Schedule) Check() error {
	if s.Servers < 1 {
		return fmt.Errorf(`there are no servers; begin with a line such as "servers 5"`)
	}
	for _, step := range s.Steps {
		switch step.Do.Verb {
		case Start, Crash, Cut, SlowDisk:
			if step.Do.Who == All {
				return fmt.Errorf("%q: expected one server, by number or as leader; all is for restart and heal", step.Do)
			}
		}
		named := []int{int(step.Do.Who), int(step.Do.To)}
		for _, side := range step.Do.Sides {
			named = append(named, side...)
		}
		for _, i := range named {
			if i >= s.Servers {
				return fmt.Errorf("%q: there is no server %d; expected 0 to %d", step.Do, i, s.Servers-1)
			}
		}
	}
	return nil
}

func (s *Schedule) parseLine(text string) (err error) {
	when, do, isStep := strings.Cut(text, ":")
	if isStep {
		var step Step
		if step.When, err = parseWhen(strings.Fields(when)); err != nil {
			return err
		}
		if step.Do, err = parseAction(strings.Fields(do)); err != nil {
			return err
		}
		s.Steps = append(s.Steps, step)
		return nil
	}
	words := strings.Fields(text)
	if len(words) == 2 {
		switch words[0] {
		case "servers":
			s.Servers, err = count(words[1])
			return err
		case "commands":
			s.Commands, err = count(words[1])
			return err
		}
	}
	return fmt.Errorf(`unknown line; expected "servers N", "commands N" or a step such as "at 0.8s: crash leader"`)
}

func parseWhen(words []string) (w When, err error) {
	text := strings.Join(words, " ")
	unknown := fmt.Errorf(`unknown time %q; expected "at 0.8s", "after 0.3s", "at commit 5", "at call 30 AppendEntries", "at election 2" or "when led"`, text)
	switch {
	case text == "when led":
		return When{Trigger: Led}, nil
	case len(words) == 2 && (words[0] == "at" || words[0] == "after"):
		w.Trigger = Trigger(words[0])
		w.Time, err = span(words[1])
		return w, err
	case len(words) == 3 && words[0] == "at" && (words[1] == "commit" || words[1] == "election"):
		w.Trigger = Trigger(words[1])
		w.Count, err = count(words[2])
		return w, err
	case len(words) == 4 && words[0] == "at" && words[1] == "call":
		w = When{Trigger: Call, Method: words[3]}
		w.Count, err = count(words[2])
		return w, err
	}
	return w, unknown
}

func parseAction(words []string) (a Action, err error) {
	a.To = All
	text := strings.Join(words, " ")
	switch n := len(words); {
	case text == "release" || text == "calm":
		return Action{Verb: Verb(text), Who: All, To: All}, nil
	case text == "heal":
		return Action{Verb: Heal, Who: All, To: All}, nil
	case n >= 2 && words[0] == "split":
		return parseSides(words[1:])
	case n == 2 && (words[0] == "lose" || words[0] == "duplicate"):
		a.Verb, a.Who = Verb(words[0]), All
		a.Share, err = count(strings.TrimSuffix(words[1], "%"))
		if err == nil && a.Share > 100 {
			err = fmt.Errorf("%s is too much; expected at most 100%%", words[1])
		}
		return a, err
	case n == 2 && words[0] == "late":
		a.Verb, a.Who = Late, All
		a.Time, err = span(words[1])
		return a, err
	case n == 3 && words[0] == "late" && words[1] == "snapshots":
		a.Verb, a.Who = Snapshots, All
		a.Time, err = span(words[2])
		return a, err
	case n == 4 && words[0] == "slow" && words[1] == "disk":
		a.Verb = SlowDisk
		if a.Who, err = who(words[2]); err == nil {
			a.Time, err = span(words[3])
		}
		return a, err
	case n == 4 && words[0] == "start" && words[2] == "at":
		a.Verb = Start
		if a.Count, err = count(words[1]); err == nil {
			a.Who, err = who(words[3])
		}
		return a, err
	case n > 4 && words[0] == "start" && words[n-2] == "at": // a specific command, of two words or more
		a.Verb, a.Count, a.Command = Start, 1, strings.Join(words[1:n-2], " ")
		a.Who, err = who(words[n-1])
		return a, err
	case n == 3 && words[0] == "hold" && (words[1] == "requests" || words[1] == "replies"):
		return Action{Verb: Hold, Who: All, To: All, Method: words[2], Replies: words[1] == "replies"}, nil
	case n >= 2 && (words[0] == "crash" || words[0] == "restart" || words[0] == "cut" || words[0] == "heal"):
		a.Verb = Verb(words[0])
		if a.Who, err = who(words[1]); err != nil {
			return a, err
		}
		return parseMore(a, words[2:])
	}
	return a, fmt.Errorf(`unknown action %q; expected start, crash, restart, cut, heal, split, lose, duplicate, late, hold, release, slow disk, late snapshots or calm`, text)
}

// parseMore reads the words after the server of an action.
func parseMore(a Action, words []string) (_ Action, err error) {
	switch n := len(words); {
	case n == 0:
		return a, nil
	case a.Verb == Crash && n == 3 && words[0] == "at" && words[1] == "save":
		a.Save, err = count(words[2])
		return a, err
	case a.Verb == Crash && n == 2 && words[0] == "after":
		a.Method = words[1]
		return a, nil
	case (a.Verb == Cut || a.Verb == Heal) && n == 2 && words[0] == "->":
		a.To, err = who(words[1])
		return a, err
	}
	return a, fmt.Errorf(`unknown words %q after "%s %v"`, strings.Join(words, " "), a.Verb, a.Who)
}

func parseSides(words []string) (a Action, err error) {
	a = Action{Verb: Split, Who: All, To: All, Sides: [][]int{nil}}
	for _, w := range words {
		if w == "|" {
			a.Sides = append(a.Sides, nil)
			continue
		}
		i, err := count(w)
		if err != nil {
			return a, err
		}
		a.Sides[len(a.Sides)-1] = append(a.Sides[len(a.Sides)-1], i)
	}
	return a, nil
}

func who(word string) (Who, error) {
	switch word {
	case "all":
		return All, nil
	case "leader":
		return Leader, nil
	}
	i, err := count(word)
	return Who(i), err
}

func count(word string) (int, error) {
	n, err := strconv.Atoi(word)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is not a whole number; expected 0 or more", word)
	}
	return n, nil
}

func span(word string) (time.Duration, error) {
	d, err := time.ParseDuration(word)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a duration; expected one such as 0.8s or 40ms", word)
	}
	return d, nil
}
