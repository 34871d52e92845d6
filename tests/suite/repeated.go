package suite

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/fatih/color"
)

// numbers matches servers, terms, indexes and times in a message.
var numbers = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)

// SameBut returns a message with all numbers replaced by 0, to compare messages that differ
// only in servers, terms, indexes and times.
func SameBut(message string) string { return numbers.ReplaceAllString(message, "0") }

// printed holds the failures that this process has printed, so that a failure of many cases
// is printed in full only once.
var printed repeats

type repeats struct {
	mu     sync.Mutex
	known  map[string]*repeated
	pruned bool // the message on removed folders was printed
}

// firstPrune reports whether this is the first call.
func (p *repeats) firstPrune() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := !p.pruned
	p.pruned = true
	return first
}

// repeated is a failure that was printed, and how often it has occurred.
type repeated struct {
	first Result
	times int
}

// text returns the text to print for a result: the full text, or a reference to an earlier
// failure with the same message.
func (p *repeats) text(r Result) string {
	if r.Verdict == Passed {
		return r.String()
	}
	message := r.Hint // all cases of a part that is not implemented have the same hint
	if message == "" {
		message = string(r.Verdict) + SameBut(r.Failure.Error())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[string]*repeated{}
	}
	k := p.known[message]
	if k == nil {
		p.known[message] = &repeated{r, 1}
		return r.String()
	}
	k.times++
	return r.like(k.first, k.times)
}

// like returns the short form of a failure with the same message as an earlier one. times is
// how many such failures there are by now.
func (r Result) like(first Result, times int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  ... %s at %.3fs, seed %d: like %s above (%d more like this)\n",
		color.RedString("FAILED"), r.Failure.At.Seconds(), r.Seed, first.Case, times-1)
	if r.Hint == "" {
		r.where(&b)
	}
	return b.String()
}
