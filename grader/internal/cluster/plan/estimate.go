package plan

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"
	"strings"
	"time"

	"raftlab/grader/internal/grading/class"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
)

// Estimate is the estimated cost of grading a class.
type Estimate struct {
	Submissions int
	Units       int
	Machine     time.Duration // processor time
	Wall        time.Duration // real time if all processors are available from the beginning
}

// EstimateClass returns the estimate for a number of submissions that all pass, on a
// number of processors.
func EstimateClass(c *course.Course, costs class.Costs, submissions, processors int) Estimate {
	e := Estimate{Submissions: submissions, Units: submissions * len(c.Parts)}
	var each []float64
	for _, p := range c.Parts {
		each = append(each, costs.Part(p))
	}
	var units []float64
	slices.SortFunc(each, func(x, y float64) int { return cmp.Compare(y, x) })
	for _, seconds := range each {
		for range submissions {
			units = append(units, seconds)
		}
	}
	sum, wall := schedule(units, processors)
	e.Machine, e.Wall = inSeconds(sum), inSeconds(wall)
	return e
}

// EstimatePlan returns the estimate for the units of a plan.
func EstimatePlan(p *Plan, processors int) Estimate {
	var units []float64
	for _, u := range p.Units {
		units = append(units, u.Seconds)
	}
	sum, wall := schedule(units, processors)
	return Estimate{len(p.Submissions), len(p.Units), inSeconds(sum), inSeconds(wall)}
}

// freeTimes are the times at which processors become free, as a heap.
type freeTimes []float64

func (b freeTimes) Len() int           { return len(b) }
func (b freeTimes) Less(i, k int) bool { return b[i] < b[k] }
func (b freeTimes) Swap(i, k int)      { b[i], b[k] = b[k], b[i] }
func (b *freeTimes) Push(x any)        { *b = append(*b, x.(float64)) }
func (b *freeTimes) Pop() any {
	last := len(*b) - 1
	x := (*b)[last]
	*b = (*b)[:last]
	return x
}

// schedule assigns each unit, in order, to the processor that is free first, as engines
// do. It returns the total time and the time at which the last unit is done.
func schedule(units []float64, processors int) (sum, wall float64) {
	free := make(freeTimes, processors)
	for _, seconds := range units {
		sum += seconds
		free[0] += seconds
		wall = max(wall, free[0])
		heap.Fix(&free, 0)
	}
	return sum, wall
}

func inSeconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// Table returns the costs of a submission, and of classes of several sizes on several
// numbers of processors, for people.
func Table(c *course.Course, costs class.Costs, sizes, processors []int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Based on %s, in seconds of processor time:\n", costs.Source)
	fmt.Fprintf(&b, "  %-6s %-9s %6s %8s %8s %8s\n", "part", "mode", "runs", "each", "all", "building")
	each := 0.0
	for _, p := range c.Parts {
		for _, m := range record.Modes() {
			if n := p.Runs.Of(m); n > 0 {
				one := costs.Run[p.Name][m]
				fmt.Fprintf(&b, "  %-6s %-9s %6d %8.2f %8.1f %8.1f\n", p.Name, m, n, one, one*float64(n), costs.Build[p.Name][m])
			}
		}
		each += costs.Part(p)
	}
	fmt.Fprintf(&b, "  %-23s %17.1f  for each of %d parts\n", "to start a unit", costs.Start, len(c.Parts))
	fmt.Fprintf(&b, "A submission that passes takes about %.0f s; one that fails takes less.\n", each)
	fmt.Fprintf(&b, "  %11s %6s %13s", "submissions", "units", "machine-hours")
	for _, n := range processors {
		fmt.Fprintf(&b, " %10s", fmt.Sprintf("%d cores", n))
	}
	b.WriteString("\n")
	for _, size := range sizes {
		e := EstimateClass(c, costs, size, processors[0])
		fmt.Fprintf(&b, "  %11d %6d %13.1f", e.Submissions, e.Units, e.Machine.Hours())
		for _, n := range processors {
			fmt.Fprintf(&b, " %10s", clock(EstimateClass(c, costs, size, n).Wall))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// clock formats a time in hours and minutes.
func clock(d time.Duration) string {
	if d < time.Minute {
		return d.Round(time.Second).String()
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%d:%02d h", int(d.Hours()), int(d.Minutes())%60)
}
