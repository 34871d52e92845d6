package suite

// Rule is something that a submission must keep to be judged, with the figure that
// the suite holds it to.
type Rule struct {
	Subject string // timers, messages, time, ...
	Rule    string
	Bound   string
	Cases   string // that look at it, "" for all
}

// NewRule returns a rule, its figure, and the cases that look at it.
func NewRule(subject, rule, bound, cases string) Rule {
	return Rule{Subject: subject, Rule: rule, Bound: bound, Cases: cases}
}
