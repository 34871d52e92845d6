package report

import (
	"cmp"
	"fmt"
	"slices"

	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
)

// classPage is the overview page.
type classPage struct {
	page
	Header    grades.Header
	Tiles     []tile
	Histogram Histogram
	Cases     []caseRow
	Outcomes  []outcomeRow
	Parts     []grades.HeaderPart
	Students  []studentRow
	Attention []studentRow // those that a person should review, or that were refused
	Similar   []pairRow
	Anonymous bool
	Modes     []record.Mode
}

type tile struct{ Figure, Words string }

// caseRow is the summary of a case over the class.
type caseRow struct {
	Part, Name, Title string
	Held              bool
	Lost              int     // students who did not get all its points
	Students          int     // whose programs were run
	LostShare         float64 // from 0 to 1
	Failed, Runs      int     // on the virtual clock
	FailedShare       float64
	Common            string // the most common way to fail
}

// outcomeRow counts the programs and runs with an outcome.
type outcomeRow struct {
	Outcome  record.Outcome
	Students int
	Runs     int
	Share    float64 // of the students, from 0 to 1
}

// studentRow is a row of the heat map.
type studentRow struct {
	File, Label, Name string
	Status            grades.Status
	Outcome           record.Outcome
	Why               string
	Cells             []cell
	Score, Points     float64
	Adjusted          string // what changed the sum of the parts
}

// cell is the score of a student in a part.
type cell struct {
	Score, Points float64
	Ran           bool
	Raced         bool
}

// pairRow is a pair of similar submissions.
type pairRow struct {
	A, B  link
	Share float64
}

type link struct{ File, Label string }

// class returns the overview page.
func (b *builder) class() classPage {
	d := b.site.Grades
	p := classPage{
		page:   page{File: "index.html", Title: b.home, Home: b.home},
		Header: d.Header, Parts: d.Header.Parts, Anonymous: b.site.Anonymous, Modes: record.Modes(),
	}
	var scores []float64
	full, run := 0, 0
	for i := range d.Submissions {
		s := &d.Submissions[i]
		row := b.row(s)
		p.Students = append(p.Students, row)
		if s.Status != grades.Graded {
			p.Attention = append(p.Attention, row)
		}
		if s.Status != grades.Refused {
			run++
		}
		scores = append(scores, s.Score)
		if s.Score >= d.Header.Points && d.Header.Points > 0 {
			full++
		}
	}
	slices.SortFunc(p.Students, func(x, y studentRow) int {
		return cmp.Or(cmp.Compare(b.order(x), b.order(y)), cmp.Compare(x.File, y.File))
	})
	p.Histogram = newHistogram(scores, d.Header.Points)
	middle := "–"
	if len(scores) > 0 {
		middle = points(median(scores))
	}
	p.Tiles = []tile{
		{fmt.Sprint(len(d.Submissions)), "submissions"},
		{middle, "median of " + points(d.Header.Points) + " points"},
		{fmt.Sprint(full), "with all points"},
		{fmt.Sprint(len(d.Submissions) - run), "not run"},
		{fmt.Sprint(d.Header.Runs), "runs"},
		{duration(d.Header.CPU), "of processor time"},
	}
	p.Cases = b.cases()
	p.Outcomes = b.outcomes(len(d.Submissions))
	for _, pair := range d.Similar {
		p.Similar = append(p.Similar, pairRow{b.linkTo(pair.A), b.linkTo(pair.B), pair.Share})
	}
	return p
}

// order returns the initial sort key of the heat map: the name, id or number.
func (b *builder) order(r studentRow) string { return cmp.Or(r.Name, r.File) }

func (b *builder) linkTo(id string) link {
	return link{b.studentFile(id), cmp.Or(b.people.name(id), b.people.label(id))}
}

// row returns a row of the heat map.
func (b *builder) row(s *grades.Grade) studentRow {
	r := studentRow{
		File: b.studentFile(s.ID), Label: b.people.label(s.ID), Name: b.people.name(s.ID),
		Status: s.Status, Outcome: s.Outcome, Why: b.why(s), Score: s.Score, Points: s.Points,
	}
	for _, h := range b.site.Grades.Header.Parts {
		c := cell{Points: h.Points}
		for _, p := range s.Parts {
			if p.Name == h.Name && s.Status != grades.Refused {
				c = cell{Score: p.Score, Points: p.Points, Ran: ran(p), Raced: p.Raced}
			}
		}
		r.Cells = append(r.Cells, c)
	}
	switch {
	case len(s.Overrides) > 0:
		r.Adjusted = "decided"
	case s.Late != nil && s.Late.Points > 0:
		r.Adjusted = "late"
	case len(s.Deductions) > 0:
		r.Adjusted = "deduction"
	}
	return r
}

// ran reports whether a part was run at all.
func ran(p grades.PartGrade) bool {
	for _, c := range p.Runs {
		if c.Runs > 0 {
			return true
		}
	}
	return false
}

// cases returns the summary of each case over the class. The case in which most students
// lost points comes first.
func (b *builder) cases() (rows []caseRow) {
	for _, h := range b.site.Grades.Header.Parts {
		for _, k := range h.Cases {
			row := caseRow{Part: h.Name, Name: k.Name, Title: k.Title, Held: k.Held}
			ways := map[string]int{}
			for _, s := range b.site.Grades.Submissions {
				for _, p := range s.Parts {
					for _, c := range p.Cases {
						if p.Name != h.Name || c.Name != k.Name || c.Runs == 0 {
							continue
						}
						row.Students++
						row.Runs += c.Runs
						row.Failed += c.Runs - c.Passed
						if c.Score < c.Points {
							row.Lost++
						}
						for _, f := range c.Failures {
							ways[cmp.Or(f.Property, f.Outcome.Label())] += f.Count
						}
					}
				}
			}
			row.Common = mostCommon(ways)
			if row.Students > 0 {
				row.LostShare = float64(row.Lost) / float64(row.Students)
				row.FailedShare = float64(row.Failed) / float64(row.Runs)
			}
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(x, y caseRow) int {
		return cmp.Or(cmp.Compare(y.LostShare, x.LostShare), cmp.Compare(y.FailedShare, x.FailedShare))
	})
	return rows
}

func mostCommon(ways map[string]int) (best string) {
	for way, n := range ways {
		if best == "" || n > ways[best] || n == ways[best] && way < best {
			best = way
		}
	}
	return best
}

// outcomes counts the outcomes of failures over the class, the most frequent first.
func (b *builder) outcomes(all int) (rows []outcomeRow) {
	for _, s := range b.site.Grades.Submissions {
		seen := map[record.Outcome]int{}
		if s.Status == grades.Refused {
			seen[s.Outcome] = 0
		}
		for _, f := range s.Failures {
			seen[f.Outcome] += f.Count
		}
		for outcome, runs := range seen {
			i := slices.IndexFunc(rows, func(r outcomeRow) bool { return r.Outcome == outcome })
			if i < 0 {
				i = len(rows)
				rows = append(rows, outcomeRow{Outcome: outcome})
			}
			rows[i].Students++
			rows[i].Runs += runs
			rows[i].Share = float64(rows[i].Students) / float64(all)
		}
	}
	slices.SortFunc(rows, func(x, y outcomeRow) int {
		return cmp.Or(cmp.Compare(y.Students, x.Students), cmp.Compare(x.Outcome, y.Outcome))
	})
	return rows
}
