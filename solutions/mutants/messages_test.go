package mutants

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhatStudentsRead: what is told first of a mistake leads to it.
func TestWhatStudentsRead(t *testing.T) {
	for mutant, c := range map[string]struct {
		test string
		says string // a regular expression
	}{
		"commit-to-own-end": {"DivergentTailCommit2B",
			`FAILED at \S+ seed 1 server \d applied all entries up to index \d after a heartbeat with PrevLogIndex \d.* also: at .*StateMachineSafety`},
		"one-back-per-heartbeat": {"LongBackup2B", `did not agree on the command.*read: handouts/2b.md#fast-backup`},
		"never-back":             {"Figure8Unreliable2C", `Refusals: server \d has refused \d+ AppendEntries in a row from server \d, leader of term \d+,`},
		"nothing-taken":          {"BasicAgree2B", `Refusals: .*PrevLogIndex 0, PrevLogTerm 0. All logs match at index 0`},
		"snapshot-wiped":         {"SnapshotBasic2D", `FAILED at .*warning: server \d saved its state without the snapshot`},
	} {
		t.Run(mutant, func(t *testing.T) {
			all := append(Broken(), mistold()...)
			k := slices.IndexFunc(all, func(m Mutant) bool { return m.Name == mutant })
			require.GreaterOrEqual(t, k, 0)
			_, output := play(t, build(t, all[k]), c.test+"$", 1)
			require.Regexp(t, c.says, strings.Join(strings.Fields(output), " "))
		})
	}
}

// mistold are mistakes whose symptom is often taken for another one's. They are not in
// the bank, since nearly every case kills them.
func mistold() []Mutant {
	return []Mutant{
		{
			Name: "never-back", Part: "2B",
			Edits: []Edit{{"raft/replication.go", "		rf.nextIndex[peer] = max(rf.matchIndex[peer]+1, rf.nextAfterConflict(args.PrevLogIndex, &reply))\n", "		rf.nextIndex[peer] = args.PrevLogIndex + 1\n"}},
		},
		{
			Name: "nothing-taken", Part: "2B",
			Edits: []Edit{{"raft/replication.go", "	if args.PrevLogIndex >= rf.log.first().Index && ", "	if len(args.Entries) > 0 || args.PrevLogIndex >= rf.log.first().Index && "}},
		},
	}
}
