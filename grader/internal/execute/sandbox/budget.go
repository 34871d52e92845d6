package sandbox

import (
	"sync/atomic"
	"time"
)

// Budget is processor time that several programs share, one after the other or at the same
// time. When it is used up, all programs that still run are stopped. A nil Budget is
// unlimited.
type Budget struct {
	most  time.Duration
	spent atomic.Int64 // nanoseconds
}

// NewBudget returns a budget of most, of which spent has been used already.
func NewBudget(most, spent time.Duration) *Budget {
	b := &Budget{most: most}
	b.spent.Store(int64(spent))
	return b
}

// Spend subtracts processor time from the budget.
func (b *Budget) Spend(cpu time.Duration) {
	if b != nil {
		b.spent.Add(int64(cpu))
	}
}

// Spent returns the processor time used so far, including that of running programs.
func (b *Budget) Spent() time.Duration {
	if b == nil {
		return 0
	}
	return time.Duration(b.spent.Load())
}

// Over reports whether the budget is used up.
func (b *Budget) Over() bool { return b != nil && b.Spent() >= b.most }

// exceeded returns the error of a budget that is used up, and nil otherwise.
func (b *Budget) exceeded() *Exceeded {
	if !b.Over() {
		return nil
	}
	return &Exceeded{CPU, int64(b.Spent()), int64(b.most)}
}

// within returns the limits of a program that starts now. It can take no more than the
// rest of the budget, even if the grader that watches it dies.
func (b *Budget) within(l Limits) Limits {
	if b == nil {
		return l
	}
	if left := b.most - b.Spent(); l.CPU == 0 || left < l.CPU {
		l.CPU = left
	}
	return l
}

// budgetShare is the part of a budget that one program has used.
type budgetShare struct {
	of    *Budget
	taken time.Duration
}

// add records the processor time that the program has used since the last call. The figure
// can fall when children of the program are gone; time that was recorded stays recorded.
func (s *budgetShare) add(cpu time.Duration) {
	if more := cpu - s.taken; more > 0 {
		s.of.Spend(more)
		s.taken = cpu
	}
}
