package mutants

// Broken returns copies of the reference with a mistake each that the suite
// must find. Part says which part must fail on it.
//
// Number is the row of the table of known mistakes in the course's notes. Three
// of its rows are not here. 40, nextIndex that a late refusal moves back, is what
// Figure 2 says and among [Legal], as late-refusal-moves-back. 19, GetState without
// the lock, is a data race and among [Races]. 96, a snapshot whose index is one
// less than its state, cannot be seen from outside: the service applies that one
// operation again, and its table of seen operations, which is in the snapshot too,
// makes nothing of it. The same mistake within Raft shows, and is here as
// trimmed-one-too-few.
func Broken() []Mutant {
	var all []Mutant
	for _, g := range []struct {
		group   string
		mutants []Mutant
	}{
		{"election", election()},
		{"replication", replication()},
		{"persistence", persistence()},
		{"snapshots", snapshots()},
		{"service", service()},
		{"atomicity", atomicity()},
		{"own", own()},
		{"saves", saves()},
		{"covered", covered()},
		{"replies", replies()},
		{"leases", leases()},
		{"interleavings", interleavings()},
		{"own service", ownService()},
		{"roles", roles()},
		{"sizes", sizes()},
		{"requests", requests()},
		{"tails", tails()},
		{"floods", floods()},
	} {
		for _, m := range g.mutants {
			m.Group = g.group
			all = append(all, m)
		}
	}
	return all
}
