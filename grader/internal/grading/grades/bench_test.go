package grades

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake/roster"
)

// BenchmarkGrades computes the grades of classes whose submissions passed every run. Each
// submission has 2,000 shingles.
func BenchmarkGrades(b *testing.B) {
	for _, submissions := range []int{200, 1000} {
		b.Run(fmt.Sprintf("submissions=%d", submissions), func(b *testing.B) {
			c := load(b, twoParts)
			book := Inputs{Course: c}
			draw := rand.New(rand.NewPCG(1, 2))
			for n := range submissions {
				id := fmt.Sprintf("s%04d", n)
				records := runs(c, id, 1, always(record.Passed))
				for range 2000 {
					records[0].Shingles = append(records[0].Shingles, draw.Uint32())
				}
				slices.Sort(records[0].Shingles)
				book.Submitters = append(book.Submitters, roster.Submitter{ID: id})
				book.Records = append(book.Records, records...)
			}
			for b.Loop() {
				if got := len(book.Grades().Submissions); got != submissions {
					b.Fatal(got)
				}
			}
		})
	}
}
