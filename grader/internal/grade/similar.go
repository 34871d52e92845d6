package grade

import (
	"cmp"
	"slices"

	"raftlab/grader/internal/record"
)

// muchAlike is the share of pieces in common from which a pair is worth a look.
const muchAlike = 0.6

// Similar returns the pairs of submissions with much in common, the most alike
// first. The lab's own skeleton is not among their pieces; see the check.
func Similar(records []record.Record) []Pair {
	pieces := map[string][]uint32{}
	var ids []string
	for _, r := range records {
		if r.Kind == record.Check && len(r.Shingles) > 0 {
			if pieces[r.Submission] == nil {
				ids = append(ids, r.Submission)
			}
			pieces[r.Submission] = r.Shingles // the latest
		}
	}
	slices.Sort(ids)
	pairs := []Pair{}
	for i, a := range ids {
		for _, b := range ids[i+1:] {
			if share := common(pieces[a], pieces[b]); share >= muchAlike {
				pairs = append(pairs, Pair{a, b, Round(share)})
			}
		}
	}
	slices.SortStableFunc(pairs, func(x, y Pair) int { return cmp.Compare(y.Share, x.Share) })
	return pairs
}

// common returns the share of the shorter of two sorted lists that the other has. A list
// that is full holds only the least, so both are compared as far as it goes: whoever fills
// one up with other code hides nothing.
func common(a, b []uint32) float64 {
	for _, full := range [][]uint32{a, b} {
		if len(full) >= record.MaxShingles {
			a, b = upTo(a, full[len(full)-1]), upTo(b, full[len(full)-1])
		}
	}
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	both := 0
	for i, k := 0, 0; i < len(a) && k < len(b); {
		switch {
		case a[i] == b[k]:
			both++
			i++
			k++
		case a[i] < b[k]:
			i++
		default:
			k++
		}
	}
	return float64(both) / float64(min(len(a), len(b)))
}

// upTo returns the part of a sorted list up to a value.
func upTo(list []uint32, most uint32) []uint32 {
	n, found := slices.BinarySearch(list, most)
	if found {
		n++
	}
	return list[:n]
}
