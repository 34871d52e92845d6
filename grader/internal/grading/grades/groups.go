package grades

import (
	"cmp"
	"slices"
)

// Group is a set of submissions, each similar to another one in the set.
type Group struct {
	IDs   []string // in order
	Least float64  // smallest share among its similar pairs
}

// Groups joins pairs with a common member. The largest group comes first.
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
