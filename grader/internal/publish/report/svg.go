package report

import (
	"fmt"
	"math"
	"slices"

	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/publish/terminal"
)

// Plots are made together with the pages, so that a page needs no program to show them.
// They are values in units of the drawing. Templates draw them, so that everything passes
// through the templates' escaping.

// Histogram shows how many students reached how many points.
type Histogram struct {
	Width, Height int
	Bars          []HistogramBar
	Ticks         []Tick
	Median        float64 // position of the median's line
	MedianText    string
}

// HistogramBar is one bin.
type HistogramBar struct {
	X, Y, Width, Height float64
	Count               int
	Label               string // description of the bin
}

// Tick is a mark on an axis.
type Tick struct {
	X    float64
	Text string
}

// Dimensions of a histogram.
const (
	histogramWidth  = 560
	histogramHeight = 180
	histogramTop    = 26 // room for a count above the tallest bar
	histogramBottom = 24 // room for the axis
	histogramSide   = 14
)

// newHistogram draws a histogram of scores; max is the highest possible score.
func newHistogram(scores []float64, max float64) Histogram {
	h := Histogram{Width: histogramWidth, Height: histogramHeight}
	if len(scores) == 0 || max <= 0 {
		return h
	}
	const bins = 20
	counts := make([]int, bins)
	for _, s := range scores {
		counts[min(bins-1, int(math.Max(0, s)/max*bins))]++
	}
	most := slices.Max(counts)
	width := float64(histogramWidth-2*histogramSide) / bins
	floor := float64(histogramHeight - histogramBottom)
	for i, n := range counts {
		high := (floor - histogramTop) * float64(n) / float64(most)
		low, up := max*float64(i)/bins, max*float64(i+1)/bins
		between := fmt.Sprintf("%s to less than %s points", points(low), points(up))
		if i == bins-1 {
			between = fmt.Sprintf("%s to %s points", points(low), points(up))
		}
		h.Bars = append(h.Bars, HistogramBar{
			X: histogramSide + float64(i)*width + 1, Width: width - 2, Y: floor - high, Height: high,
			Count: n, Label: fmt.Sprintf("%s: %s", between, terminal.Count(n, "student")),
		})
	}
	span := float64(histogramWidth - 2*histogramSide)
	for at := 0.0; at <= max+1e-9; at += step(max) {
		h.Ticks = append(h.Ticks, Tick{X: histogramSide + span*at/max, Text: points(at)})
	}
	middle := median(scores)
	h.Median = histogramSide + span*math.Min(1, math.Max(0, middle/max))
	h.MedianText = "median " + points(middle)
	return h
}

// step returns a round distance between the ticks of an axis with five to ten ticks.
func step(max float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(max)))
	for _, f := range []float64{0.1, 0.2, 0.5} {
		if max/(f*power) <= 10 {
			return f * power
		}
	}
	return power
}

// Middle returns the position of the bar's count.
func (b HistogramBar) Middle() float64 { return b.X + b.Width/2 }

// Above returns a position just above the bar.
func (b HistogramBar) Above() float64 { return b.Y - 4 }

// Right returns the end of the axis.
func (h Histogram) Right() int { return h.Width - 8 }

// Floor returns the bottom of the bars.
func (h Histogram) Floor() int { return h.Height - histogramBottom }

// AxisText returns the position of the labels below the axis.
func (h Histogram) AxisText() int { return h.Height - 6 }

// Anchor returns the text anchor that keeps a label at x within the drawing.
func (h Histogram) Anchor(x float64) string {
	switch {
	case x < 60:
		return "start"
	case x > float64(h.Width)-60:
		return "end"
	}
	return "middle"
}

// Interval is a pass rate with its confidence interval.
type Interval struct {
	Low, Rate, High float64 // in percent
	Need            float64 // rate for all points in percent, 0 for none
}

func newInterval(passed, n int, need float64) Interval {
	if n == 0 {
		return Interval{}
	}
	low, high := grades.Wilson(passed, n)
	return Interval{100 * low, 100 * float64(passed) / float64(n), 100 * high, 100 * need}
}

// Span returns the drawn width of the interval. A narrow one must still be visible.
func (i Interval) Span() float64 { return math.Max(1, i.High-i.Low) }

// Mark returns the position of the rate within the plot.
func (i Interval) Mark() float64 { return i.Rate - 0.8 }

// level returns the shade of the heat map, from 0 to 10, for a share of the points.
func level(got, max float64) int {
	if max <= 0 {
		return 10
	}
	return min(10, int(math.Max(0, got)/max*10+1e-9))
}

// points formats points without trailing zeros.
func points(p float64) string {
	text := fmt.Sprintf("%.2f", p)
	for text[len(text)-1] == '0' {
		text = text[:len(text)-1]
	}
	if text[len(text)-1] == '.' {
		text = text[:len(text)-1]
	}
	if text == "-0" {
		return "0"
	}
	return text
}

func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	if len(v)%2 == 1 {
		return v[len(v)/2]
	}
	return (v[len(v)/2-1] + v[len(v)/2]) / 2
}
