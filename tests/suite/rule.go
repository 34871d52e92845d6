package suite

// Rule is a limit that submissions must keep.
type Rule struct {
	Subject string // timers, messages, time, ...
	Rule    string
	Bound   string
	Cases   string // the cases that check it, "" for all
}

// NewRule returns a rule.
func NewRule(subject, rule, bound, cases string) Rule {
	return Rule{Subject: subject, Rule: rule, Bound: bound, Cases: cases}
}
