package roster

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func read(t *testing.T, text string) *Roster {
	t.Helper()
	r, err := parse([]byte(text))
	require.NoError(t, err)
	return r
}

func TestRoster(t *testing.T) {
	r := read(t, "\uFEFFID;Name;E-Mail;Email;Team;Late days;Extension;Reason;Section\n"+
		"s1;\"King, Ada\";x;ada@x.edu;t1;2;2026-03-01;ill;A\n\ns2;Bo Li;x;bo@x.edu;t1;;;;\ns3;Cy;x;cy@x.edu;;;2026-03-02 18:00;moved;B\n")
	require.Len(t, r.Students, 3)
	require.Equal(t, []string{"E-Mail", "Section"}, r.Unknown)
	require.Equal(t, Student{ID: "s1", Name: "King, Ada", Email: "ada@x.edu", Team: "t1", FreeDays: 2, Reason: "ill", Line: 2,
		Until: time.Date(2026, 3, 1, 23, 59, 59, 0, time.Local), Section: "A"}, r.Students[0])
	require.Equal(t, time.Date(2026, 3, 2, 18, 0, 0, 0, time.Local), r.Students[2].Until)
	require.Equal(t, []string{"t1", "s3"}, r.Keys())
	require.Len(t, r.Members("t1"), 2)
	require.Len(t, r.Members("s3"), 1)
}

func TestErrorsNameEachWrongLine(t *testing.T) {
	_, err := parse([]byte("id,email,team,late_days,extension,reason\n" +
		",a@x,,,,\n../x,b@x,,,,\ns1,c@x,,many,,\ns2,d@x,,,soon,why\ns3,e@x,,,2026-03-01,\ns4,f@x,a/b,,,\ns5,G@x,,,,\nS5,g@x,,,,\ns6,h@x,s5,,,\ns7,i@x,,,,,,\n"))
	for _, want := range []string{
		"line 2: there is no id", "line 3: id", "line 4: late_days", "line 5: extension", "line 6: an extension needs its reason",
		"line 7: team", "line 9: id S5 is already on line 8", "line 9: email g@x is already on line 8", "line 10: team s5 has the same name", "line 11: it has 8 fields",
	} {
		require.ErrorContains(t, err, want)
	}
	for text, want := range map[string]string{
		"": "empty", "name,email\nx,y\n": "no column id", "id,sid\n1,2\n": "two columns mean id", "id\n": "no student", "id,name\n\"s1,x\n": "line 2",
	} {
		_, err := parse([]byte(text))
		require.ErrorContains(t, err, want)
	}
}

// TestColumnsForGradebooks checks that columns for gradebooks are read, and that they are
// listed among the columns that grading ignores.
func TestColumnsForGradebooks(t *testing.T) {
	r := read(t, "\ufeffid,Team,First Name,Last_Name,Shoe size,canvas\nann,,Ann,O'Neill,38,77\nbob,t7,Bob,\"Çelik, Jr.\",44,\neve,t7,Eve,Ng,,\n")
	require.Equal(t, []string{"First Name", "Last_Name", "Shoe size"}, r.Unknown)
	require.Equal(t, Student{ID: "ann", First: "Ann", Last: "O'Neill", System: "77", Line: 2}, r.Students[0])
	require.Equal(t, map[string]string{"ann": "Ann O'Neill", "t7": "Bob Çelik, Jr., Eve Ng"}, r.Names())
	require.Equal(t, "O'Neill, Ann", r.Students[0].SortName())
	require.Len(t, r.Graded("t7"), 2)
	require.Empty(t, r.Graded("bob"), "the team's grade is his")
	require.Equal(t, "L2", read(t, "id;name;section\nann;Ann;L2\n").Students[0].Section)
	var nobody *Roster
	require.Empty(t, nobody.Names())
	require.Empty(t, nobody.Graded("ann"))
}

// TestTermsOfATeam checks that a team has the latest deadline and arrival of its members,
// and the most free days. Without a roster the earlier terms are kept.
func TestTermsOfATeam(t *testing.T) {
	r := read(t, "id,team,late_days,extension,reason,handed_in\n"+
		"s1,t1,1,2026-03-04 12:00,was ill,2026-03-05 09:00\ns2,t1,3,2026-03-02 12:00,moved,\ns3,,,,,\n")
	day := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, time.Local) }
	before := Terms{HandedIn: day(1, 0), Until: day(30, 0), FreeDays: 9, Reason: "an old one"}
	now := r.Terms("t1", before)
	require.Equal(t, Terms{HandedIn: day(5, 9), Until: day(4, 12), FreeDays: 3, Reason: "was ill; moved"}, now)
	require.Equal(t, Terms{HandedIn: day(1, 0)}, r.Terms("s3", before), "the roster grants nothing any more")
	var nobody *Roster
	require.Equal(t, before, nobody.Terms("t1", before))
	require.Equal(t, "t1", r.TeamOf("s2"))
	require.Empty(t, r.TeamOf("s3"))
	require.Empty(t, nobody.TeamOf("s2"))

	require.Equal(t, Submitter{ID: "t1", DaysLate: 1, FreeDays: 3, Extension: "was ill; moved", HandedIn: day(5, 9), Deadline: day(4, 12)}, now.Submitter("t1", day(3, 0)))
	require.Equal(t, day(6, 0), now.Submitter("t1", day(6, 0)).Deadline, "the course's is later")
	require.Zero(t, now.Submitter("t1", day(6, 0)).DaysLate)
}

// TestTermsAreKept checks that a results folder keeps all terms that are not empty.
func TestTermsAreKept(t *testing.T) {
	folder := t.TempDir()
	none, err := ReadTerms(folder)
	require.NoError(t, err)
	require.Empty(t, none)
	all := AllTerms{"s1": {FreeDays: 2}, "s2": {}}
	require.NoError(t, all.Write(folder))
	kept, err := ReadTerms(folder)
	require.NoError(t, err)
	require.Equal(t, AllTerms{"s1": {FreeDays: 2}}, kept)
}
