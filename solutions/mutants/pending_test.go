package mutants

import (
	"testing"

	"raftlab/tests/suite"
)

// TestPendingFail wants each mutant killed by its part within twenty seeds, and
// logs by what.
func TestPendingFail(t *testing.T) {
	for _, m := range Pending() {
		t.Run(m.Name, func(t *testing.T) {
			binary := build(t, m)
			for seed := 1; seed <= 20; seed++ {
				ended, output := play(t, binary, m.Part, seed)
				killed := len(ended) == 0 // it died
				for _, r := range ended {
					if r.Verdict != suite.Passed {
						t.Logf("%s, seed %d: %v", r.Case, seed, r.Failure)
						killed = true
					}
				}
				if killed {
					if len(ended) == 0 {
						t.Logf("seed %d: %.600s", seed, output)
					}
					return
				}
			}
			t.Fatalf("%s passed part %s twenty times: %s", m.Name, m.Part, m.Claim)
		})
	}
}
