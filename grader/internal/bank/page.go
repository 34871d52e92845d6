package bank

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"slices"

	_ "embed"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// row is a mutant on the page.
type row struct {
	Outcome
	Claim, By, Median string
	Cells             []string
}

// page returns the report as a page, with mutants as rows and cases as columns.
func (r Report) page() ([]byte, error) {
	columns := r.Broken.cases()
	var rows []row
	for _, o := range r.Broken.sorted() {
		cells := row{Outcome: o, Claim: o.Mutant.Claim, By: o.by(), Median: o.medianText()}
		for _, c := range columns {
			n := 0
			for _, k := range o.Tries {
				if slices.Contains(k.Failed, c) {
					n++
				}
			}
			cell := ""
			if n > 0 {
				cell = fmt.Sprint(n)
			}
			cells.Cells = append(cells.Cells, cell)
		}
		rows = append(rows, cells)
	}
	var out bytes.Buffer
	err := page.Execute(&out, map[string]any{
		"Report": r, "Columns": columns, "Rows": rows,
		"Mechanical": sortedMechanical(r.Mechanical), "Counts": counts(r.Mechanical),
	})
	return out.Bytes(), err
}

// cases returns the cases that failed on any mutant, by part.
func (m Matrix) cases() (all []string) {
	for _, o := range m {
		for _, k := range o.Tries {
			for _, c := range k.Failed {
				if !slices.Contains(all, c) {
					all = append(all, c)
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(cmp.Compare(a[len(a)-2:], b[len(b)-2:]), cmp.Compare(a, b))
	})
	return all
}
