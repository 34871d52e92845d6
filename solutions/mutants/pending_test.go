package mutants

import (
	"fmt"
	"os"
	"strings"
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
				killed := strings.Contains(output, "panic: ") // it died
				for _, r := range ended {
					if r.Verdict != suite.Passed {
						t.Logf("%s, seed %d: %v", r.Case, seed, r.Failure)
						killed = true
					}
				}
				if killed {
					if _, died, ok := strings.Cut(output, "panic: "); ok {
						t.Logf("seed %d: died after %d cases: %.100s", seed, len(ended), died)
					}
					return
				}
			}
			t.Fatalf("%s passed part %s twenty times: %s", m.Name, m.Part, m.Claim)
		})
	}
}

// TestPendingLegalPass runs the cases that place faults by event on every legal
// variation.
func TestPendingLegalPass(t *testing.T) {
	from, to := 1, 1 // more by hand: SEEDS="1 10"
	pattern := "2"
	if p := os.Getenv("PATTERN"); p != "" {
		pattern = p
	}
	if p := os.Getenv("SEEDS"); p != "" {
		fmt.Sscan(p, &from, &to)
	}
	unchecked := map[string]int{}
	for _, m := range append(PendingLegal(), Legal()...) {
		t.Run(m.Name, func(t *testing.T) {
			binary := build(t, m)
			for seed := from; seed <= to; seed++ {
				ended, output := play(t, binary, pattern, seed)
				if len(ended) == 0 {
					t.Errorf("%s", output)
				}
				for _, r := range ended {
					if r.Verdict != suite.Passed {
						t.Errorf("%s, seed %d: %v", r.Case, seed, r.Failure)
					}
					for _, u := range r.Unchecked {
						unchecked[m.Name+" "+r.Case+": "+u]++
					}
				}
			}
		})
	}
	for u, n := range unchecked {
		t.Logf("unchecked %d times: %s", n, u)
	}
}
