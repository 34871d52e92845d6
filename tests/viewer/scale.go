package viewer

import (
	"fmt"
	"math"
	"slices"
	"time"

	"raftlab/tests/trace"
)

// scale maps times to a picture from left to right. It is linear between the ends of the
// quiet spans that are cut.
type scale struct {
	at   []time.Duration
	x    []float64
	cuts []int // by cut: at[i] and at[i+1] are its ends
}

// newScale returns a scale that maps busy times, which must be in order, to x0 ... x1. A span
// between two of them that is longer than longest is drawn with that length; 0 cuts none.
func newScale(busy []time.Duration, longest time.Duration, x0, x1 float64) (s scale) {
	s = scale{at: busy[:1:1], x: []float64{0}}
	total := time.Duration(0)
	for _, t := range busy[1:] {
		quiet := t - s.at[len(s.at)-1]
		if longest > 0 && quiet > longest {
			s.cuts, quiet = append(s.cuts, len(s.at)-1), longest
		}
		total += quiet
		s.at, s.x = append(s.at, t), append(s.x, float64(total))
	}
	for i := range s.x {
		s.x[i] = x0 + s.x[i]/float64(total)*(x1-x0)
	}
	return s
}

// of returns the x of a time. Outside the scale, the first and the last span are extended.
func (s scale) of(t time.Duration) float64 {
	i, _ := slices.BinarySearch(s.at, t)
	i = min(max(i, 1), len(s.at)-1)
	return s.x[i-1] + float64(t-s.at[i-1])/float64(s.at[i]-s.at[i-1])*(s.x[i]-s.x[i-1])
}

// busy returns the times of a picture at which something is drawn, and those of both its
// ends, sorted and without duplicates.
func (d *drawing) busy() []time.Duration {
	all := []time.Duration{d.from, d.to}
	for _, m := range d.Messages {
		if left, came, ok := d.flight(m); ok {
			all = append(all, left, came)
		}
	}
	for _, e := range d.Events {
		if marked[e.Kind] && e.Lane < len(d.Lanes) {
			all = append(all, e.At)
		}
	}
	for _, o := range d.Operations {
		all = append(all, o.From, o.To)
	}
	for _, spans := range d.Spans {
		for _, s := range spans {
			all = append(all, s.From)
		}
	}
	for _, b := range d.Bands {
		all = append(all, b.From, b.To)
	}
	all = slices.DeleteFunc(all, func(t time.Duration) bool { return t < d.from || t > d.to })
	slices.Sort(all)
	return slices.Compact(all)
}

// marked holds the kinds of events that have a mark.
var marked = map[trace.Kind]bool{
	trace.Start: true, trace.Apply: true, trace.Snapshot: true, trace.Install: true,
	trace.Timeout: true, trace.Won: true, trace.Boot: true, trace.Crash: true,
}

// grid draws the axis of time: even steps, or, if spans are cut, where each busy span
// begins.
func (d *drawing) grid() {
	if len(d.scale.cuts) > 0 {
		d.tick(d.from, 3)
		for _, i := range d.scale.cuts {
			d.tick(d.scale.at[i+1], 3)
			d.cut((d.scale.x[i] + d.scale.x[i+1]) / 2)
		}
		return
	}
	span := float64(d.to - d.from)
	step := math.Pow(10, math.Floor(math.Log10(span/6)))
	for _, k := range []float64{1, 2, 5, 10} {
		if step*k >= span/8 {
			step *= k
			break
		}
	}
	digits := max(0, min(6, 9-int(math.Floor(math.Log10(step)))))
	for t := math.Ceil(float64(d.from)/step) * step; t <= float64(d.to); t += step {
		d.tick(time.Duration(t), digits)
	}
}

func (d *drawing) tick(at time.Duration, digits int) {
	x := d.x(at)
	fmt.Fprintf(d, `<path d="M%.1f 18V%.0f" stroke="%s"/>`+"\n", x, d.bottom(), thin)
	words := fmt.Sprintf("%.*f s", digits, at.Seconds())
	half := width(words, 11) / 2
	if x+half < d.width {
		d.place(textLabel{words, soft, 11, []spot{{x - half, 12}}})
	}
}

// cut marks a span that is cut on each lane. It is drawn over the lanes, later.
func (d *drawing) cut(x float64) {
	for lane := range d.Spans {
		y := d.y(lane)
		d.over = append(d.over, fmt.Sprintf(`<path d="M%.1f %.1fl6 -16" stroke="%s" stroke-width="7"/><path d="M%.1f %.1fl6 -16m5 0l-6 16" fill="none" stroke="%s"/>`+"\n", x-3, y+8, paper, x-6, y+8, soft))
		d.taken = append(d.taken, box{x - 6, y - 6, x + 6, y + 6})
	}
}
