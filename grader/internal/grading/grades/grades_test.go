package grades

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake/roster"
	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

var update = flag.Bool("update", false, "rewrite testdata")

var cases = []suite.Case{
	{Name: "First2A", Part: "2A", Points: 4, Title: "the first thing", Paper: "section 5.2", Handout: "2a.md"},
	{Name: "Second2A", Part: "2A", Points: 6, Title: "the second thing", Paper: "section 5.2", Handout: "2a.md"},
	{Name: "First2B", Part: "2B", Points: 10, Title: "another thing", Paper: "section 5.3", Handout: "2b.md"},
	{Name: "Real2B", Part: "2B", Points: 0, Title: "in real time", Clocks: []clock.Kind{clock.Virtual, clock.Real}},
}

// load returns the course of a file of that text, with 20 virtual, 2 race and 2
// exact runs.
func load(t testing.TB, text string) *course.Course {
	t.Helper()
	file := filepath.Join(t.TempDir(), "course.toml")
	require.NoError(t, os.WriteFile(file, []byte("[runs]\nvirtual = 20\n"+text), 0o644))
	c, err := course.Load(file, cases)
	require.NoError(t, err)
	return c
}

const twoParts = "[[part]]\nname = \"2A\"\n[[part]]\nname = \"2B\"\n"

// outcome returns the outcome of a case in run k of a mode.
type outcome func(name string, m record.Mode, k int) record.Outcome

func always(c record.Outcome) outcome {
	return func(string, record.Mode, int) record.Outcome { return c }
}

// runs are the records of a whole attempt.
func runs(c *course.Course, id string, attempt int, what outcome) (all []record.Record) {
	at := time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)
	line := record.Record{
		Kind: record.Check, Submission: id, Digest: "d-" + id, Attempt: attempt, Outcome: record.Passed,
		Wall: 3, CPU: 3, Sandbox: "namespaces, Landlock", Lab: "v1.2.0", Go: "go1.26.0", At: at,
	}
	all = append(all, line)
	line.Kind, line.Outcome = record.Run, ""
	for i := range c.Parts {
		for again := true; again; { // a race makes more runs due
			w := PartRuns{c, &c.Parts[i], ofPart(all, c.Parts[i].Name)}
			again = false
			for _, m := range record.Modes() {
				for k := w.tally().runs[m].Runs; k < w.Due(m); k++ {
					again = true
					r := line
					r.Part, r.Mode, r.K, r.Seed = w.Part.Name, m, k, uint64(1000+k)
					if m == record.Exact {
						r.Engine = "native"
					}
					r.At = at.Add(time.Duration(len(all)) * time.Second)
					for _, name := range w.Part.Cases {
						class := what(name.Name, m, k)
						o := record.CaseResult{Name: name.Name, Outcome: class, Virtual: 4.5, Wall: 0.1}
						if class != record.Passed {
							o.Property, o.Message = "StateMachineSafety", "server 2 applied \"x 19\" at index 17, where server 0 had applied \"x 17\""
							o.Read, o.Paper, o.Log = "2b.md", "section 5.4.3", "failures/"+id+"/log"
						}
						r.Cases = append(r.Cases, o)
					}
					all = append(all, r)
				}
			}
		}
	}
	return all
}

func gradeOne(c *course.Course, records []record.Record) Grade {
	return Inputs{Course: c, Submitters: []roster.Submitter{{ID: "ann"}}, Records: records}.Grades().Submissions[0]
}

func TestAllPassed(t *testing.T) {
	c := load(t, twoParts)
	s := gradeOne(c, runs(c, "ann", 1, always(record.Passed)))
	require.Equal(t, Graded, s.Status)
	require.Equal(t, record.Passed, s.Outcome)
	require.Equal(t, 20.0, s.Score)
	require.True(t, s.Parts[0].Cases[0].Confirmed)
	require.InDelta(t, 0.839, s.Parts[0].Cases[0].Low, 0.001)
}

func TestBands(t *testing.T) {
	c := load(t, twoParts)
	for failures, score := range map[int]float64{0: 10, 1: 10, 2: 6, 4: 6, 5: 3, 10: 3, 11: 0, 20: 0} {
		s := gradeOne(c, runs(c, "ann", 1, func(name string, m record.Mode, k int) record.Outcome {
			if name == "First2B" && m == record.Virtual && k < failures {
				return record.Assertion
			}
			return record.Passed
		}))
		require.Equal(t, score, s.Parts[1].Score, "%d failures of 20", failures)
		require.Equal(t, 10+score, s.Score)
	}
}

func TestOtherRules(t *testing.T) {
	one := func(name string, m record.Mode, k int) record.Outcome {
		if name == "First2B" && m == record.Virtual && k == 7 {
			return record.Panic
		}
		return record.Passed
	}
	c := load(t, "[scoring]\nrule = \"all-or-nothing\"\n"+twoParts)
	require.Equal(t, 10.0, gradeOne(c, runs(c, "ann", 1, one)).Score)
	c = load(t, "[scoring]\nrule = \"proportional\"\n"+twoParts)
	require.Equal(t, 19.5, gradeOne(c, runs(c, "ann", 1, one)).Score)
}

// TestACaseCountsWhereItCanRun: one that cannot run on the virtual clock, nor under the
// race detector, which is there, is worth what its runs on the exact clock are.
func TestACaseCountsWhereItCanRun(t *testing.T) {
	sealed := suite.Case{Name: "Sealed2B", Part: "2B", Points: 2, Clocks: []clock.Kind{clock.Exact, clock.Real}}
	file := filepath.Join(t.TempDir(), "course.toml")
	require.NoError(t, os.WriteFile(file, []byte("[runs]\nvirtual = 20\n"+twoParts), 0o644))
	c, err := course.Load(file, append(slices.Clone(cases), sealed))
	require.NoError(t, err)
	for class, score := range map[record.Outcome]float64{record.Passed: 22, record.Assertion: 20} {
		records := runs(c, "ann", 1, func(name string, _ record.Mode, _ int) record.Outcome {
			if name == sealed.Name {
				return class
			}
			return record.Passed
		})
		for i, r := range records {
			if r.Mode != record.Exact {
				records[i].Cases = slices.DeleteFunc(r.Cases, func(k record.CaseResult) bool { return k.Name == sealed.Name })
			}
		}
		s := gradeOne(c, records)
		require.Equal(t, score, s.Score, class)
		require.Equal(t, 22.0, s.Points)
		of := s.Parts[1].Cases[2]
		require.Equal(t, sealed.Name, of.Name)
		require.Equal(t, class == record.Passed, of.Confirmed)
		require.Equal(t, 2, of.Runs)
	}
}

// TestAPassNeedsTheOtherClocks has programs that pass on the virtual clock only:
// by forging what the suite says, for instance.
func TestAPassNeedsTheOtherClocks(t *testing.T) {
	c := load(t, twoParts)
	for _, mode := range []record.Mode{record.Exact, record.Race} {
		s := gradeOne(c, runs(c, "ann", 1, func(name string, m record.Mode, k int) record.Outcome {
			if m == mode {
				return record.Assertion
			}
			return record.Passed
		}))
		require.Zero(t, s.Score)
		require.Equal(t, 20, s.Parts[0].Cases[0].Passed)
		require.False(t, s.Parts[0].Cases[0].Confirmed)
		require.Contains(t, s.Parts[0].Cases[0].Why, "so its other runs do not count")
	}
}

// TestEachModeCountsOnItsOwn has programs that pass always on the virtual clock, and
// in one run of two of another kind.
func TestEachModeCountsOnItsOwn(t *testing.T) {
	for _, mode := range []record.Mode{record.Exact, record.Race} {
		once := func(name string, m record.Mode, k int) record.Outcome {
			if name == "First2B" && m == mode && k == 1 {
				return record.Assertion
			}
			return record.Passed
		}
		for text, score := range map[string]float64{
			"": 6, "[scoring]\nrule = \"all-or-nothing\"\n": 0, "[scoring]\nrule = \"proportional\"\n": 9.05,
		} {
			c := load(t, text+twoParts)
			all := runs(c, "ann", 1, once)
			require.Equal(t, score, gradeOne(c, all).Parts[1].Score, "%s %s: one of two leaves 90.5 %% possible", mode, text)

			require.Contains(t, gradeOne(c, all).Parts[1].Cases[0].Why, "it passed in 1 of 2 runs", mode)

			w := PartRuns{c, c.Part("2B"), ofPart(all, "2B")}
			last := func(r record.Record) bool { return r.Mode == mode && r.K == 1 }
			w.Records = slices.DeleteFunc(slices.Clone(w.Records), last)
			require.False(t, w.Settled(), "%s %s: the second run counts", mode, text)
		}
	}
	c := load(t, "[scoring]\nrule = \"all-or-nothing\"\n"+twoParts)
	require.Equal(t, 20.0, gradeOne(c, runs(c, "ann", 1, always(record.Passed))).Score, "what passes in all runs of a kind is not lowered")
}

func TestARaceCostsOnceAndTheExactClockDecides(t *testing.T) {
	c := load(t, "[scoring]\nrace_deduction = 3\n"+twoParts)
	race := func(exactFailures int) outcome {
		return func(name string, m record.Mode, k int) record.Outcome {
			switch {
			case m == record.Race:
				return record.DataRace
			case m == record.Exact && name == "First2A" && k < exactFailures:
				return record.Assertion
			}
			return record.Passed
		}
	}
	s := gradeOne(c, runs(c, "ann", 1, race(0)))
	require.Equal(t, 17.0, s.Score)
	require.Equal(t, []Deduction{{3, "a data race"}}, s.Deductions)
	require.Equal(t, Count{10, 10, 10}, s.Parts[0].Cases[0].Modes[record.Exact], "more of them than without a race")

	s = gradeOne(c, runs(c, "ann", 1, race(4)))
	require.Equal(t, 0.3*4, s.Parts[0].Cases[0].Score, "6 of 10 on the exact clock")
	s = gradeOne(c, runs(c, "ann", 1, race(10)))
	require.Zero(t, s.Parts[0].Cases[0].Score)
}

func TestTheDeductionNeverCostsMoreThanThereIs(t *testing.T) {
	c := load(t, "[scoring]\nrace_deduction = 30\n"+twoParts)
	s := gradeOne(c, runs(c, "ann", 1, func(_ string, m record.Mode, _ int) record.Outcome {
		if m == record.Race {
			return record.DataRace
		}
		return record.Passed
	}))
	require.Zero(t, s.Score)
	require.Equal(t, 20.0, s.Deductions[0].Points)
}

func TestARegradeNeverLowersAScore(t *testing.T) {
	c := load(t, twoParts)
	for _, worse := range []int{1, 2} {
		var records []record.Record
		for attempt := 1; attempt <= 2; attempt++ {
			what := always(record.Passed)
			if attempt == worse {
				what = always(record.Timeout)
			}
			records = append(records, runs(c, "ann", attempt, what)...)
		}
		s := gradeOne(c, records)
		require.Equal(t, 20.0, s.Score)
		require.Len(t, s.Attempts, 2)
		require.Equal(t, worse == 2, s.Attempts[0].Counts)
		require.Equal(t, worse == 1, s.Attempts[1].Counts)
	}
}

func TestWhatIsDueAndNotDoneIsNoPass(t *testing.T) {
	c := load(t, twoParts)
	all := runs(c, "ann", 1, always(record.Passed))
	s := gradeOne(c, all[:15])
	require.Equal(t, Partial, s.Status)
	require.Zero(t, s.Score)
	require.False(t, Inputs{Course: c, Submitters: []roster.Submitter{{ID: "ann"}, {ID: "bob"}}, Records: all}.Grades().Header.Complete, "bob handed in nothing")
}

func TestTheMachinesFaultIsForAPerson(t *testing.T) {
	c := load(t, twoParts)
	all := runs(c, "ann", 1, always(record.Passed))
	all[5].Outcome, all[5].Message, all[5].Cases = record.Infrastructure, "the reference failed at the same time, three times", nil
	s := gradeOne(c, all)
	require.Equal(t, NeedsReview, s.Status)
	require.Equal(t, "the reference failed at the same time, three times", s.Why)
}

// TestStoppingEarlyChangesNoScore takes runs away, one after the other, from the
// end, and compares.
func TestStoppingEarlyChangesNoScore(t *testing.T) {
	for _, rule := range []string{"bands", "all-or-nothing", "proportional"} {
		c := load(t, "[scoring]\nrule = \""+rule+"\"\n"+twoParts)
		for _, every := range []int{1, 2, 3, 5, 9, 100} {
			what := func(_ string, m record.Mode, k int) record.Outcome {
				if (m == record.Virtual || m == record.Exact) && k%every == every-1 {
					return record.Assertion
				}
				return record.Passed
			}
			all := ofPart(runs(c, "ann", 1, what), "2B")
			whole := PartRuns{c, c.Part("2B"), all}.Score()
			stopped := -1
			for n := range all {
				w := PartRuns{c, c.Part("2B"), all[:n]}
				if w.Settled() {
					stopped = n
					require.Equal(t, whole.Score, w.Score().Score, "%s, one in %d failed, %d runs", rule, every, n)
					require.Empty(t, w.Left())
				} else {
					require.NotEmpty(t, w.Left())
				}
			}
			if every == 1 {
				require.Positive(t, stopped, "%s: what fails always need not be run to the end", rule)
			}
		}
	}
}

func TestLateness(t *testing.T) {
	c := load(t, "[late]\nper_day = 0.1\nfree_days = 1\nmost = 0.5\n"+twoParts)
	in := Inputs{Course: c, Records: runs(c, "ann", 1, always(record.Passed))}
	for _, x := range []struct {
		late, free int
		score      float64
	}{{0, 0, 20}, {1, 0, 20}, {2, 0, 18}, {3, 1, 18}, {9, 0, 10}} {
		in.Submitters = []roster.Submitter{{ID: "ann", DaysLate: x.late, FreeDays: x.free, Extension: "ill"}}
		require.Equal(t, x.score, in.Grades().Submissions[0].Score, "%+v", x)
	}
}

func TestOverrides(t *testing.T) {
	overrides, err := ReadOverrides(strings.NewReader("id,part,score,reason\nann,2A,7,\"shown at the desk, works\"\nbob,,0,copied\n"))
	require.NoError(t, err)
	c := load(t, twoParts)
	in := Inputs{Course: c, Submitters: []roster.Submitter{{ID: "ann"}, {ID: "bob"}}, Overrides: overrides}
	in.Records = append(runs(c, "ann", 1, always(record.Panic)), runs(c, "bob", 1, always(record.Passed))...)
	require.NoError(t, in.CheckOverrides())
	d := in.Grades()
	require.Equal(t, 7.0, d.Submissions[0].Score)
	require.Equal(t, []Override{{"ann", "2A", 7, "shown at the desk, works", 0}}, d.Submissions[0].Overrides)
	require.Equal(t, 0.0, d.Submissions[1].Score)
	require.Equal(t, 20.0, d.Submissions[1].Overrides[0].Was)

	for text, says := range map[string]string{
		"id,part,score,reason\nann,2A,7,\n":    "line 2: give a reason",
		"id,part,score,reason\nann,2A,x,why\n": "line 2: the score \"x\"",
		"id,part,score,reason\nann,7,why\n":    "line 2 has 3 columns",
		"ann,2A,7,why\n":                       "the first line",
	} {
		_, err := ReadOverrides(strings.NewReader(text))
		require.ErrorContains(t, err, says)
	}
	in.Overrides = []Override{{ID: "zoe", Reason: "x"}}
	require.ErrorContains(t, in.CheckOverrides(), `unknown submission "zoe"`)
	in.Overrides = []Override{{ID: "ann", Part: "2A", Score: 11, Reason: "x"}}
	require.ErrorContains(t, in.CheckOverrides(), "ann 2A: 11 points; expected at most 10")
	in.Overrides = []Override{{ID: "ann", Score: 21, Reason: "x"}}
	require.ErrorContains(t, in.CheckOverrides(), "ann: 21 points; expected at most 20")
	in.Overrides = []Override{{ID: "ann", Part: "2A", Score: 7, Reason: "x"}, {ID: "ann", Part: "2A", Score: 8, Reason: "y"}}
	require.ErrorContains(t, in.CheckOverrides(), "two lines for ann 2A")
}

func TestSimilar(t *testing.T) {
	line := func(id string, shingles ...uint32) record.Record {
		return record.Record{Kind: record.Check, Submission: id, Shingles: shingles}
	}
	pairs := Similar([]record.Record{line("c", 100, 101, 102), line("a", 1, 2, 3, 4), line("b", 2, 3, 4, 9, 10, 11), line("d")})
	require.Equal(t, []Pair{{"a", "b", 0.75}}, pairs)
}

// TestPaddingHidesNoCopy: a copier adds so much other code that the list of pieces is full.
func TestPaddingHidesNoCopy(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pieces := func(n int) (list []uint32) {
		for range n {
			list = append(list, random.Uint32())
		}
		return list
	}
	listed := func(id string, list []uint32) record.Record {
		list = slices.Compact(slices.Sorted(slices.Values(list)))
		return record.Record{Kind: record.Check, Submission: id, Shingles: list[:min(len(list), record.MaxShingles)]}
	}
	work, other := pieces(2000), pieces(2000)
	padded := append(slices.Clone(work), pieces(5*record.MaxShingles)...)
	pairs := Similar([]record.Record{listed("ann", work), listed("bob", padded), listed("cid", other), listed("dan", pieces(5*record.MaxShingles))})
	require.Len(t, pairs, 1)
	require.Equal(t, Pair{"ann", "bob", 1}, pairs[0])
}

// TestExample writes a class of six as the document has it, for whoever reads
// grades.json.
func TestExample(t *testing.T) {
	c := load(t, "[scoring]\nrace_deduction = 3\n[late]\nper_day = 0.1\n"+twoParts+"[[part.case]]\nname = \"First2B\"\nheld_back = true\n")
	in := Inputs{Course: c, Commitment: strings.Repeat("ab", 32)}
	for _, id := range []string{"s01", "s02", "s03", "s04", "s05", "s06"} {
		in.Submitters = append(in.Submitters, roster.Submitter{ID: id})
	}
	in.Submitters[1] = roster.Submitter{ID: "s02", DaysLate: 3, FreeDays: 1, Extension: "ill, note seen"}
	add := func(id string, what outcome) { in.Records = append(in.Records, runs(c, id, 1, what)...) }
	add("s01", always(record.Passed))
	add("s02", func(name string, m record.Mode, k int) record.Outcome {
		if m == record.Virtual && name == "First2B" && k%6 == 0 {
			return []record.Outcome{record.Assertion, record.Stall, record.Assertion, record.Panic}[k/6]
		}
		return record.Passed
	})
	add("s03", func(_ string, m record.Mode, _ int) record.Outcome {
		if m == record.Race {
			return record.DataRace
		}
		return record.Passed
	})
	check := record.Record{
		Kind: record.Check, Submission: "s04", Digest: "d-s04", Attempt: 1, Outcome: record.Policy, Lab: "v1.2.0", Go: "go1.26.0",
		Message:  "1 thing that a submission may not use",
		Findings: []record.Finding{{File: "raft/raft.go", Line: 12, What: "imports os", Why: "files and the process are not a server's", Instead: "print with the lab's logger"}},
	}
	in.Records = append(in.Records, check)
	check.Submission, check.Digest, check.Outcome, check.Findings, check.Message = "s05", "", record.Intake, nil, "there is no .go file in raft/"
	in.Records = append(in.Records, check)
	in.Records = append(in.Records, record.Record{Kind: record.Canary, Submission: "reference", Outcome: record.Passed})
	in.Overrides = []Override{{ID: "s03", Part: "2A", Score: 8, Reason: "<b>shown</b>, =works"}}

	text, err := json.MarshalIndent(in.Grades(), "", "  ")
	require.NoError(t, err)
	text = append(text, '\n')
	file := filepath.Join("testdata", "grades.json")
	if *update {
		require.NoError(t, os.WriteFile(file, text, 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(text), "if the change is intended: go test ./grader/internal/grading/grades -update")
	slices.Reverse(in.Submitters)
	again, err := json.MarshalIndent(in.Grades(), "", "  ")
	require.NoError(t, err)
	require.Equal(t, string(text), string(again)+"\n", "the order of the roster does not matter")
}

// TestAFailureOnTheExactClockNamesTheEngine checks that failures name the engine, because
// the same seed makes a different run on another engine.
func TestAFailureOnTheExactClockNamesTheEngine(t *testing.T) {
	c := load(t, twoParts)
	in := Inputs{Course: c, Submitters: []roster.Submitter{{ID: "s01"}}, Records: runs(c, "s01", 1, func(_ string, m record.Mode, _ int) record.Outcome {
		if m == record.Exact {
			return record.Assertion
		}
		return record.Passed
	})}
	all := in.Grades().Submissions[0].Failures
	require.NotEmpty(t, all)
	for _, f := range all {
		require.Equal(t, record.Exact, f.Mode)
		require.Equal(t, "native", f.Engine)
	}
}

// TestSimilarCountsEachPair compares the index with a count pair by pair, in classes where
// some copy from others and some fill up their list.
func TestSimilarCountsEachPair(t *testing.T) {
	for seed := range uint64(20) {
		draw := rand.New(rand.NewPCG(seed, 3))
		lists := map[string][]uint32{}
		var records []record.Record
		for n := range 12 {
			set := map[uint32]bool{}
			for range 30 + draw.IntN(300) {
				set[draw.Uint32N(5000)] = true
			}
			if n > 0 && draw.IntN(2) == 0 {
				for _, h := range lists[fmt.Sprintf("s%02d", draw.IntN(n))] {
					set[h] = set[h] || draw.IntN(10) > 0
				}
			}
			if draw.IntN(4) == 0 {
				for h := range uint32(record.MaxShingles) {
					set[2500+h] = true
				}
			}
			for h, holds := range set {
				if !holds {
					delete(set, h)
				}
			}
			id, list := fmt.Sprintf("s%02d", n), slices.Sorted(maps.Keys(set))
			lists[id] = list[:min(len(list), record.MaxShingles)]
			records = append(records, record.Record{Kind: record.Check, Submission: id, Shingles: lists[id]})
		}
		want := []Pair{}
		for _, a := range slices.Sorted(maps.Keys(lists)) {
			for _, b := range slices.Sorted(maps.Keys(lists)) {
				if share := shareOf(lists[a], lists[b]); a < b && share >= similarShare {
					want = append(want, Pair{a, b, Round(share)})
				}
			}
		}
		slices.SortStableFunc(want, func(x, y Pair) int { return cmp.Compare(y.Share, x.Share) })
		require.NotEmpty(t, want)
		draw.Shuffle(len(records), func(i, k int) { records[i], records[k] = records[k], records[i] })
		require.Equal(t, want, Similar(records))
	}
}

// shareOf returns the share of the shorter list that the other list also has. If a list is
// full, values after its end do not count.
func shareOf(a, b []uint32) float64 {
	end := uint32(math.MaxUint32)
	for _, list := range [][]uint32{a, b} {
		if len(list) == record.MaxShingles {
			end = min(end, slices.Max(list))
		}
	}
	beyond := func(h uint32) bool { return h > end }
	a, b = slices.DeleteFunc(slices.Clone(a), beyond), slices.DeleteFunc(slices.Clone(b), beyond)
	both := 0
	for _, h := range a {
		if _, found := slices.BinarySearch(b, h); found {
			both++
		}
	}
	return float64(both) / float64(min(len(a), len(b)))
}

// TestGradeAloneEqualsGradeInClass checks that a submission gets the same grade alone as
// among others.
func TestGradeAloneEqualsGradeInClass(t *testing.T) {
	c := load(t, twoParts)
	in := Inputs{Course: c, Overrides: []Override{{ID: "s1", Score: 3, Reason: "x"}}}
	own := map[string][]record.Record{}
	for n := range 3 {
		id := fmt.Sprintf("s%d", n)
		in.Submitters = append(in.Submitters, roster.Submitter{ID: id, DaysLate: n})
		own[id] = runs(c, id, 1, func(_ string, m record.Mode, k int) record.Outcome {
			if m == record.Virtual && k < 3*n {
				return record.Assertion
			}
			return record.Passed
		})
		in.Records = append(in.Records, own[id]...)
	}
	for i, one := range in.Grades().Submissions {
		require.Equal(t, one, Inputs{Course: c, Overrides: in.Overrides}.Grade(in.Submitters[i], own[one.ID]))
	}
}
