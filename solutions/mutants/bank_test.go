package mutants

import (
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/tests/clock"
)

// TestFileNames: a mutant is found by its name, which is that of its file.
func TestFileNames(t *testing.T) {
	for folder, all := range map[string][]Mutant{"broken/*": Broken(), "legal": Legal(), "races": Races()} {
		require.NotEmpty(t, all, folder)
		for _, m := range all {
			require.Regexp(t, "^[a-z0-9]+(-[a-z0-9]+)*$", m.Name)
			require.FileExists(t, path.Join(strings.Replace(folder, "*", m.Group, 1), m.Name+".txtar"))
		}
	}
}

func TestParse(t *testing.T) {
	m, err := parse("broken/own/forgets.txtar", []byte(`# Why it is here.
claim: it forgets: at once
paper: section 5.2, Figure 2
part: 2A
clock: exact
case: AtOnce2A
property: liveness: a leader stays
says: one|two: three
wrong: 2A looks
idle: true
uncaught: nobody looks
number: 7

-- raft/election.go --
 	stays

 	stays too
-	goes
+
+	comes
@@ -10,2 +12 @@ func (rf *Raft) ticker() {

-	goes
 	stays

-- raft/log.go --
@@
+	comes
 	stays
`))
	require.NoError(t, err)
	require.Equal(t, Mutant{
		Name: "forgets", Group: "own", Claim: "it forgets: at once", Paper: "section 5.2, Figure 2", Part: "2A", Clock: clock.Exact, Case: "AtOnce2A",
		Property: "liveness: a leader stays", Says: "one|two: three", Wrong: "2A looks", Idle: true, Uncaught: "nobody looks", Number: 7,
		Edits: []Edit{
			{"raft/election.go", "\tstays\n\n\tstays too\n\tgoes\n", "\tstays\n\n\tstays too\n\n\tcomes\n"},
			{"raft/election.go", "\tgoes\n\tstays\n", "\tstays\n"},
			{"raft/log.go", "\tstays\n", "\tcomes\n\tstays\n"},
		},
	}, m)
}

// TestMalformedFilesAreRefused: whoever writes one reads where it is malformed, and what
// is accepted.
func TestMalformedFilesAreRefused(t *testing.T) {
	const edit = "-- raft/log.go --\n-	goes\n"
	for text, want := range map[string]string{
		"claim: a\n\nclam: b\n" + edit:               `legal/x.txtar:3: unknown field "clam"; expected one of case, claim, clock, idle, number, paper, part, property, says, uncaught, wrong`,
		"claim: a\nits claim\n" + edit:               `legal/x.txtar:2: malformed field "its claim"; expected "key: value" with a key among case, claim, `,
		"claim:\n" + edit:                            `legal/x.txtar:1: malformed field "claim:"; expected "key: value"`,
		"claim: a\n# why\nclaim: b\n" + edit:         `legal/x.txtar:3: field claim is given twice`,
		"clock: fast\n" + edit:                       `legal/x.txtar:1: field clock: there is no clock "fast": the clocks are [virtual real exact]`,
		"idle: very\n" + edit:                        `legal/x.txtar:1: field idle: unexpected value "very"; expected true, or no such field`,
		"number: one\n" + edit:                       `legal/x.txtar:1: field number: unexpected value "one"; expected a number`,
		"claim: a\n":                                 `legal/x.txtar:1: no edits; expected the name of a file of the reference, such as -- raft/election.go --`,
		"":                                           `legal/x.txtar:1: no edits`,
		"claim: a\n\n-- raft/log.go\n-	goes\n":       `legal/x.txtar:3: malformed field "-- raft/log.go"`,
		"claim: a\n\n" + edit + "	stays\n":           `legal/x.txtar:5: malformed line "\tstays"; expected a space before a line that stays, - before one that is removed, + before one that is added`,
		edit + "@@\n\n+	a\n!\n":                      `legal/x.txtar:6: malformed line "!"`,
		edit + "\n" + edit + "b\n":                   `legal/x.txtar:6: malformed line "b"`,
		edit + "@@\n 	stays\n":                       `legal/x.txtar:4: an edit that changes nothing; expected lines that begin with - or +`,
		edit + "@@\n":                                `legal/x.txtar:4: an edit that changes nothing`,
		"-- raft/log.go --\n":                        `legal/x.txtar:2: an edit that changes nothing`,
		"claim: a\n-- raft/log.go --\n@@\n+	comes\n": `legal/x.txtar:4: an edit that only adds lines; expected the line before or after them as well, which begins with a space`,
	} {
		_, err := parse("legal/x.txtar", []byte(text))
		require.ErrorContains(t, err, want, text)
	}
	_, err := parse("legal/x.go", []byte("claim: a\n"+edit))
	require.EqualError(t, err, "legal/x.go: unexpected file; a mutant is a file NAME.txtar")
}
