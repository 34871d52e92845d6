package grades

import (
	"cmp"
	"slices"

	"raftlab/grader/internal/grading/record"
)

// similarShare is the share of common shingles from which a person should review a pair.
const similarShare = 0.6

// Similar returns the pairs of similar submissions, the most similar first. Shingles of
// the lab's own text are excluded when a submission is checked.
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
	lists := make([][]uint32, len(ids))
	for i, id := range ids {
		lists[i] = pieces[id]
	}
	pairs := []Pair{}
	inCommon(lists, func(i, k, both int) {
		if share := float64(both) / float64(shorter(lists[i], lists[k])); share >= similarShare {
			pairs = append(pairs, Pair{ids[i], ids[k], Round(share)})
		}
	})
	slices.SortStableFunc(pairs, func(x, y Pair) int { return cmp.Compare(y.Share, x.Share) })
	return pairs
}

// inCommon calls tell, in order, for each pair of lists that have common values, with the
// number of these values. A list has each value once.
func inCommon(lists [][]uint32, tell func(i, k, both int)) {
	// An index of the lists that have a value. It leaves out values of a single list,
	// which are the most frequent.
	var all []uint64 // a value in the upper half, and a list that has it in the lower half
	for i, list := range lists {
		for _, value := range list {
			all = append(all, uint64(value)<<32|uint64(i))
		}
	}
	slices.Sort(all)
	after := make([][][]uint64, len(lists)) // by list: for each of its values, the later lists that have it too
	for len(all) > 0 {
		same := 1
		for same < len(all) && all[same]>>32 == all[0]>>32 {
			same++
		}
		for n, p := range all[:same-1] {
			i := uint32(p)
			after[i] = append(after[i], all[n+1:same])
		}
		all = all[same:]
	}
	both := make([]int, len(lists))
	for i, values := range after {
		for _, holders := range values {
			for _, p := range holders {
				both[uint32(p)]++
			}
		}
		for k := range both[i+1:] {
			if k += i + 1; both[k] > 0 {
				tell(i, k, both[k])
				both[k] = 0
			}
		}
	}
}

// shorter returns the length of the shorter of two sorted lists. A full list has only the
// smallest values, so both lists count only up to its last value. A program that fills up
// its list with other code hides nothing.
func shorter(a, b []uint32) int {
	x, y := a, b
	for _, full := range [][]uint32{a, b} {
		if len(full) >= record.MaxShingles {
			x, y = upTo(x, full[len(full)-1]), upTo(y, full[len(full)-1])
		}
	}
	return min(len(x), len(y))
}

// upTo returns the part of a sorted list up to a value.
func upTo(list []uint32, most uint32) []uint32 {
	n, found := slices.BinarySearch(list, most)
	if found {
		n++
	}
	return list[:n]
}
