package viewer

import (
	"fmt"
	"unicode"
)

// textLabel is a text on a picture, with the spots at which it may be placed, the best first.
type textLabel struct {
	words, color string
	size         float64
	spots        []spot
}

// spot is the left end of a line of text.
type spot struct{ x, y float64 }

// box is a part of a picture that is occupied.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) overlaps(c box) bool { return b.x0 < c.x1 && c.x0 < b.x1 && b.y0 < c.y1 && c.y0 < b.y1 }

// crossed reports whether a line from one point to another touches the box.
func (b box) crossed(l box) bool {
	from, to := 0.0, 1.0 // the part of the line that is within the sides seen so far
	for _, side := range [][2]float64{{l.x0 - l.x1, l.x0 - b.x0}, {l.x1 - l.x0, b.x1 - l.x0}, {l.y0 - l.y1, l.y0 - b.y0}, {l.y1 - l.y0, b.y1 - l.y0}} {
		switch p, q := side[0], side[1]; {
		case p == 0 && q < 0:
			return false
		case p < 0:
			from = max(from, q/p)
		case p > 0:
			to = min(to, q/p)
		}
	}
	return from <= to
}

// width estimates how wide words are, in a font that is rather wide.
func width(words string, size float64) (w float64) {
	for _, r := range words {
		if unicode.IsLower(r) || r == ' ' {
			w += 0.6 * size
		} else {
			w += 0.7 * size
		}
	}
	return w
}

// place writes a label at a spot where it covers no other label and no mark, if possible one
// where it covers no line either. It omits the label if there is no such spot.
func (d *drawing) place(l textLabel) {
	long := width(l.words, l.size)
	free := func(s spot, clear bool) bool {
		b := box{s.x, s.y - 0.85*l.size, s.x + long, s.y + 0.2*l.size}
		if b.x0 < svgLeft-22 || b.x1 > d.width-2 {
			return false
		}
		for _, t := range d.taken {
			if b.overlaps(t) {
				return false
			}
		}
		for _, line := range d.lines {
			if clear && b.crossed(line) {
				return false
			}
		}
		d.taken = append(d.taken, b)
		return true
	}
	for _, clear := range []bool{true, false} {
		for _, s := range l.spots {
			if free(s, clear) {
				d.text(s.x, s.y, l.words, l.color, fmt.Sprintf(`font-size="%g" %s`, l.size, halo))
				return
			}
		}
	}
}
