package suite

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/fatih/color"
)

// numbers are servers, terms, indexes and times in a message.
var numbers = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)

// SameBut returns a message without its numbers, to tell whether two say the same of
// other servers, terms, indexes and times.
func SameBut(message string) string { return numbers.ReplaceAllString(message, "0") }

// printed are the messages that this process has printed, so that one which many
// cases fail with is printed once.
var printed repeats

type repeats struct {
	mu      sync.Mutex
	known   map[string]*repeated
	dropped bool // it was said that older folders are dropped
}

// firstDrop reports whether nothing was said yet about folders that are dropped.
func (p *repeats) firstDrop() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := !p.dropped
	p.dropped = true
	return first
}

// repeated is a message that was printed, and how often it was due.
type repeated struct {
	first Result
	times int
}

// text is what is printed of a result: all, or of a failure that says the same as an
// earlier one, where that is.
func (p *repeats) text(r Result) string {
	if r.Verdict == Passed {
		return r.String()
	}
	say := r.Hint // a part that is not written fails all its cases for one reason
	if say == "" {
		say = string(r.Verdict) + SameBut(r.Failure.Error())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[string]*repeated{}
	}
	k := p.known[say]
	if k == nil {
		p.known[say] = &repeated{r, 1}
		return r.String()
	}
	k.times++
	return r.like(k.first, k.times)
}

// like is the short form of a failure that says the same as an earlier one, which makes
// it one of so many.
func (r Result) like(first Result, times int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  ... %s at %.3fs, seed %d: like %s above (%d more like this)\n",
		color.RedString("FAILED"), r.Failure.At.Seconds(), r.Seed, first.Case, times-1)
	if r.Hint == "" {
		r.where(&b)
	}
	return b.String()
}
