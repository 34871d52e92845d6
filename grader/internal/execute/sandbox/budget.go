package sandbox

import (
	"sync/atomic"
	"time"
)

// Budget is processor time that programs share, whether they run one after the other or
// side by side. All that run when it is used up are stopped. A nil Budget never ends.
type Budget struct {
	most  time.Duration
	spent atomic.Int64 // nanoseconds
}

// NewBudget returns a budget of most, of which some may be spent already.
func NewBudget(most, spent time.Duration) *Budget {
	b := &Budget{most: most}
	b.spent.Store(int64(spent))
	return b
}

// Spend takes processor time off the budget.
func (b *Budget) Spend(cpu time.Duration) {
	if b != nil {
		b.spent.Add(int64(cpu))
	}
}

// Spent returns what was taken so far, by programs that still run too.
func (b *Budget) Spent() time.Duration {
	if b == nil {
		return 0
	}
	return time.Duration(b.spent.Load())
}

// Over reports whether the budget is used up.
func (b *Budget) Over() bool { return b != nil && b.Spent() >= b.most }

// exceeded says that the budget is used up, and is nil if it is not.
func (b *Budget) exceeded() *Exceeded {
	if !b.Over() {
		return nil
	}
	return &Exceeded{CPU, int64(b.Spent()), int64(b.most)}
}

// within returns the limits of a program that starts now: it can take no more than what
// is left, whatever becomes of the grader that watches it.
func (b *Budget) within(l Limits) Limits {
	if b == nil {
		return l
	}
	if left := b.most - b.Spent(); l.CPU == 0 || left < l.CPU {
		l.CPU = left
	}
	return l
}

// share is what one program has taken of a budget.
type share struct {
	of    *Budget
	taken time.Duration
}

// took takes what the program has used since the last time. The figure of a program
// whose children are gone may fall; what was taken stays taken.
func (s *share) took(cpu time.Duration) {
	if more := cpu - s.taken; more > 0 {
		s.of.Spend(more)
		s.taken = cpu
	}
}
