package suite

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// Strategy says how a search goes on from one run to the next.
type Strategy string

const (
	Plain   Strategy = "plain"   // each run is drawn anew
	Steered Strategy = "steered" // each run does what was seldom done before
)

// Searcher proposes runs of a case.
type Searcher interface {
	// Next returns the body of the next run.
	Next() func(*Trial)
}

// Search plays runs that a searcher proposes until one fails, as many as the
// flag -search says.
func Search(t *testing.T, c Case, start func(seed uint64, how Strategy) Searcher) {
	o := begin(t, c)
	s := start(caseSeed(o.seed, c.Name), o.strategy)
	o.untilOneFails(func() played { return once(t, c, o, s.Next()) }).finish(t, o)
}

// untilOneFails plays as many runs as the flag -search says, or as it takes until one
// fails, and returns the last. To see that one again, the search is made up to it:
// what it was drawn after counts.
func (o options) untilOneFails(play func() played) (p played) {
	for k := 1; k <= o.search; k++ {
		if p = play(); p.Verdict == Passed {
			continue
		}
		if o.search > 1 {
			p.Search = k
			p.mode += fmt.Sprintf(" -search=%s:%d", o.strategy, k)
		}
		return p
	}
	if o.search > 1 {
		fmt.Printf("  search: none of %d runs failed\n", o.search)
	}
	return p
}

func parseSearch(text string) (runs int, how Strategy, err error) {
	how = Steered
	if name, number, ok := strings.Cut(text, ":"); ok {
		how, text = Strategy(name), number
	}
	runs, err = strconv.Atoi(text)
	if err != nil || runs < 1 || how != Plain && how != Steered {
		return 0, "", fmt.Errorf("-search: say how many runs, such as 500, steered:500 or plain:500")
	}
	return runs, how, nil
}
