package suite

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// Strategy is how a search chooses its runs.
type Strategy string

// The strategies of a search.
const (
	Plain   Strategy = "plain"   // draws each run independently
	Steered Strategy = "steered" // prefers what was rarely done in earlier runs
)

// Searcher proposes runs of a case.
type Searcher interface {
	// Next returns the body of the next run.
	Next() func(*Trial)
}

// Search runs what a searcher proposes until a run fails, up to the number of runs that
// -search gives.
func Search(t *testing.T, c Case, start func(seed uint64, how Strategy) Searcher) {
	o := begin(t, c)
	s := start(caseSeed(o.seed, c.Name), o.strategy)
	o.untilOneFails(func() played { return once(t, c, o, s.Next()) }).finish(t, o)
}

// untilOneFails calls play until a run fails, up to the number of runs that -search gives. It
// returns the last run. Rerunning that run takes the whole search up to it, because its
// choices depend on the runs before it.
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
	name, number, ok := strings.Cut(text, ":")
	if !ok {
		name, number = string(Steered), text
	}
	how = Strategy(name)
	runs, err = strconv.Atoi(number)
	if err != nil || runs < 1 || how != Plain && how != Steered {
		return 0, "", fmt.Errorf("-search %q: expected a number of runs, such as 500, steered:500 or plain:500", text)
	}
	return runs, how, nil
}
