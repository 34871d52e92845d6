package mutants

import (
	"os"
	"strings"
	"testing"
)

func TestBuildOne(t *testing.T) {
	for _, m := range append(append(Pending(), PendingLegal()...), Legal()...) {
		for _, n := range strings.Split(os.Getenv("ONE"), ",") {
			if m.Name == n {
				if err := m.Build("..", "raft", "/tmp/m_"+n+".test"); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
