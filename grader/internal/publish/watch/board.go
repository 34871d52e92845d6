// Package watch holds what `grader watch` knows: when a file was saved ([Saves]), the
// outcomes since then ([Board]), what to run next ([Board.Next]), and how this is shown in a
// terminal ([Screen]), in a log ([Log]) and on a page ([Page]).
package watch

import (
	"slices"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/tests/suite"
)

// Board is what is known of a program. Its methods return a new board, and leave the old
// one as it is.
type Board struct {
	Rows  []Row    // the cases, in order
	Saved []string // files of the last save; none at the beginning
	State State
	// Broken is the compiler's message if the program does not build. The rest of the
	// board is then about the last program that did.
	Broken string
	// Failure is that of the first case, in order, which failed.
	Failure *Failure

	seed    uint64 // of the first run
	retry   uint64 // seed of the last program's failure, which runs first; 0 for none
	reached int    // how many parts, in order, are run
}

// Row is one case: how often it passed and failed since the last save, and what it did
// before the save.
type Row struct {
	Name, Part  string
	Now, Before Count
}

// Count counts runs.
type Count struct{ Passed, Failed int }

// Runs returns how many there were.
func (c Count) Runs() int { return c.Passed + c.Failed }

// State is what is being done.
type State string

// The states of the loop.
const (
	Building State = "building"
	Running  State = "running"
	Waiting  State = "waiting"
)

// Failure is a case that failed.
type Failure struct {
	campaign.Result
	Text string // why, and how to see it again, in lines
}

// NewBoard returns the board of a program of which nothing is known yet.
func NewBoard(cases []campaign.Case, seed uint64) Board {
	b := Board{seed: seed, reached: 1, State: Building}
	for _, k := range cases {
		b.Rows = append(b.Rows, Row{Name: k.Name, Part: k.Part})
	}
	return b
}

// In returns the board in another state.
func (b Board) In(s State) Board {
	b.State = s
	return b
}

// Save returns the board after a save, when the program is about to be built.
func (b Board) Save(files []string) Board {
	b.Saved = files
	return b.In(Building)
}

// Break returns the board of a program that does not build.
func (b Board) Break(message string) Board {
	b.Broken = message
	return b.In(Waiting)
}

// Build returns the board of a new program, which was not run yet.
func (b Board) Build() Board {
	if b.Failure != nil {
		b.retry = b.Failure.Seed
	} else if slices.ContainsFunc(b.Rows, func(r Row) bool { return r.Now.Runs() >= firstRuns }) {
		b.retry = 0 // it passed
	}
	b.Rows = slices.Clone(b.Rows)
	for i, r := range b.Rows {
		if r.Now.Runs() > 0 { // what a save interrupted says nothing new
			b.Rows[i].Before = r.Now
		}
		b.Rows[i].Now = Count{}
	}
	b.Broken, b.Failure = "", nil
	return b.In(Running)
}

// Add returns the board after a run. The function explains a failure.
func (b Board) Add(batch campaign.PartRun, explain func(campaign.Result) string) Board {
	b.Rows = slices.Clone(b.Rows)
	for _, result := range batch.Results {
		i := b.place(result.Case)
		if i < 0 {
			continue
		}
		if result.Verdict == suite.Passed {
			b.Rows[i].Now.Passed++
			continue
		}
		b.Rows[i].Now.Failed++
		if b.Failure == nil || i < b.place(b.Failure.Case) {
			b.Failure = &Failure{result, explain(result)}
		}
	}
	for b.reached < len(b.Parts()) && b.passes(b.Parts()[b.reached-1]) {
		b.reached++
	}
	return b
}

// place returns the index of a case, -1 if the board does not have it.
func (b Board) place(name string) int {
	return slices.IndexFunc(b.Rows, func(r Row) bool { return r.Name == name })
}

// Parts returns the names of the parts, in order.
func (b Board) Parts() (parts []string) {
	for _, r := range b.Rows {
		if !slices.Contains(parts, r.Part) {
			parts = append(parts, r.Part)
		}
	}
	return parts
}

// Part returns the rows of a part.
func (b Board) Part(part string) []Row {
	return slices.DeleteFunc(slices.Clone(b.Rows), func(r Row) bool { return r.Part != part })
}

// passes reports whether a part passed in all runs, of which there were enough.
func (b Board) passes(part string) bool {
	return !slices.ContainsFunc(b.Part(part), func(r Row) bool { return r.Now.Failed > 0 || r.Now.Passed < firstRuns })
}

// Failed reports whether the program failed a case, or does not build.
func (b Board) Failed() bool { return b.Failure != nil || b.Broken != "" }

// NowFail returns the cases that failed and had always passed before the save.
func (b Board) NowFail() []Row {
	return slices.DeleteFunc(slices.Clone(b.Rows), func(r Row) bool {
		return r.Now.Failed == 0 || r.Before.Passed == 0 || r.Before.Failed > 0
	})
}

// NowPass returns the cases that passed, in enough runs, and had failed before the save.
func (b Board) NowPass() []Row {
	return slices.DeleteFunc(slices.Clone(b.Rows), func(r Row) bool {
		return r.Now.Failed > 0 || r.Now.Passed < firstRuns || r.Before.Failed == 0
	})
}
