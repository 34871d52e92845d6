package grades

import (
	"cmp"
	"slices"
)

// Group is submissions of which each has much in common with another of them.
type Group struct {
	IDs   []string // in order
	Least float64  // that any pair of them shares, as far as it is much
}

// Groups joins pairs that have a member in common, the largest group first.
func Groups(pairs []Pair) (all []Group) {
	for _, p := range pairs {
		joined := Group{IDs: []string{p.A, p.B}, Least: p.Share}
		all = slices.DeleteFunc(all, func(g Group) bool {
			if !slices.Contains(g.IDs, p.A) && !slices.Contains(g.IDs, p.B) {
				return false
			}
			joined.IDs = append(joined.IDs, g.IDs...)
			joined.Least = min(joined.Least, g.Least)
			return true
		})
		slices.Sort(joined.IDs)
		joined.IDs = slices.Compact(joined.IDs)
		all = append(all, joined)
	}
	slices.SortFunc(all, func(a, b Group) int {
		return cmp.Or(cmp.Compare(len(b.IDs), len(a.IDs)), slices.Compare(a.IDs, b.IDs))
	})
	return all
}
