package bank

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fatih/color"
)

// Matrix holds the outcomes of a bank.
type Matrix []Outcome

// sorted returns wrong outcomes first, then the others by part, and finally those that are
// known not to be caught.
func (m Matrix) sorted() Matrix {
	rank := func(o Outcome) int {
		switch {
		case o.Error != "":
			return 0
		case o.Exempt():
			return 4
		case o.Killed() == 0:
			return 1
		case !o.Good():
			return 2
		}
		return 3
	}
	m = slices.Clone(m)
	slices.SortStableFunc(m, func(a, b Outcome) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Name, b.Name))
	})
	return m
}

// AllGood reports whether all outcomes are good.
func (m Matrix) AllGood() bool {
	return !slices.ContainsFunc(m, func(o Outcome) bool { return !o.Good() })
}

// Kills returns a summary: the number of tries that caught their mutant, and the processor
// time of the runs.
func (m Matrix) Kills() string {
	killed, tries, cpu := 0, 0, 0.0
	for _, o := range m {
		killed, tries, cpu = killed+o.Killed(), tries+len(o.Tries), cpu+o.CPU
	}
	each := ""
	if cpu > 0 {
		each = fmt.Sprintf(", %.2f caught per second", float64(killed)/cpu)
	}
	return fmt.Sprintf("caught in %d of %d tries; the runs took %.1f s of processor time%s", killed, tries, cpu, each)
}

// String returns a table, survivors first.
func (m Matrix) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-26s %-4s %7s %6s  %s\n", "mutant", "part", "killed", "median", "by")
	killed, exempt := 0, 0
	for _, o := range m.sorted() {
		line := fmt.Sprintf("%-26s %-4s %7s %6s  %s", o.Name, o.Part, fmt.Sprintf("%d/%d", o.Killed(), len(o.Tries)), o.medianText(), o.by())
		if !o.Good() {
			line = color.RedString("%s", line)
		}
		b.WriteString(line + "\n")
		switch {
		case o.Error != "":
			fmt.Fprintf(&b, "    %s\n", o.Error)
		case o.Overdue():
			fmt.Fprintf(&b, "    is marked as not caught yet (%s), but is caught: remove Uncaught and record the kill\n", o.Mutant.Uncaught)
		case o.Exempt():
			fmt.Fprintf(&b, "    not yet: %s\n", o.Mutant.Uncaught)
		case !o.Good():
			fmt.Fprintf(&b, "    claim: %s\n", o.Mutant.Claim)
		}
		if vague := o.vague(); vague != "" {
			fmt.Fprintf(&b, "    a failure that does not name the cause: %s\n", vague)
		}
		if told := o.misleading(); told != "" {
			fmt.Fprintf(&b, "    the message wrongly says that this part is missing: %s\n", told)
		}
		if o.Early != nil {
			why := cmp.Or(o.Mutant.Wrong, "its claim does not explain this")
			fmt.Fprintf(&b, "    is caught already in %s, by %s: %s\n", o.Early.Part, o.Early.Case, why)
		}
		switch {
		case o.Exempt():
			exempt++
		case o.Good():
			killed++
		}
	}
	fmt.Fprintf(&b, "\n%d of %d caught as claimed", killed, len(m)-exempt)
	if exempt > 0 {
		fmt.Fprintf(&b, ", %d not yet", exempt)
	}
	return b.String() + "\n"
}

func (o Outcome) medianText() string {
	if n := o.Median(); n < survived {
		return fmt.Sprint(n)
	}
	return "-"
}

// vague returns the message of the first try in which no failure named the cause, "" if
// there was none.
func (o Outcome) vague() string {
	for _, k := range o.Tries {
		if k.Vague != "" {
			return k.Vague
		}
	}
	return ""
}

// by returns the case that caught it in the first successful try.
func (o Outcome) by() string {
	for _, k := range o.Tries {
		if k.Runs > 0 {
			return fmt.Sprintf("%s, seed %d: %s", k.Case, k.Seed, cmp.Or(k.Property, string(k.Verdict)))
		}
	}
	if o.Exempt() {
		return "not yet caught"
	}
	return "SURVIVES"
}

// Update adds the kills of all mutants to a record.
func (m Matrix) Update(r Record) {
	for _, o := range m {
		for _, k := range o.Tries {
			if k.Runs > 0 && !o.Overdue() {
				r[o.Name] = Kill{Runs: k.Runs, Engine: k.Engine, Seed: k.Seed, Part: k.Part, Case: k.Case, Property: k.Property, Verdict: k.Verdict}
				break
			}
		}
	}
}
