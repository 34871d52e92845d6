package viewer

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"raftlab/tests/trace"
)

// SVG writes a part of a story as a picture for paper and handouts: the lanes,
// and the logs at its end if they are asked for. It has a white ground, so that
// it can be read wherever it stands.
func SVG(w io.Writer, s *Story, p Part) error {
	out := bufio.NewWriter(w)
	d := &drawing{Writer: out, Story: s, part: p, width: 900, labelled: map[[2]int]float64{}}
	if p.Width > 0 {
		d.width = float64(p.Width)
	}
	d.from, d.to = p.From, p.end(s)
	if d.to <= d.from {
		return fmt.Errorf("there is nothing from %v to %v: the trace ends at %v", d.from, d.to, s.End)
	}
	d.draw()
	return out.Flush()
}

// Measures of a picture.
const (
	svgLeft, svgRight, svgTop = 62.0, 14.0, 30.0
	svgLane                   = 62.0
	svgCell, svgRow           = 62.0, 26.0
)

// termColours are those of the page, by term.
var termColours = []string{"#0072b2", "#d98200", "#00875f", "#b5598c", "#2f9fd0", "#7a6a2f"}

const (
	ink, soft, thin, bad = "#16181d", "#5b6270", "#d4d8df", "#b3001b"
)

// colourOf returns the colour of a term; terms that follow each other in a trace
// differ.
func (s *Story) colourOf(term int) string {
	k, known := slices.BinarySearch(s.Terms, term)
	if !known {
		return soft
	}
	return termColours[k%len(termColours)]
}

type drawing struct {
	*bufio.Writer
	*Story
	part      Part
	width     float64
	cellWidth float64 // of a log's entry
	from, to  time.Duration
	labelled  map[[2]int]float64 // by pair of lanes: where its last label is
}

func (d *drawing) x(at time.Duration) float64 {
	return svgLeft + float64(at-d.from)/float64(d.to-d.from)*(d.width-svgLeft-svgRight)
}

func (d *drawing) y(lane int) float64 { return svgTop + (float64(lane)+0.5)*svgLane }

// within tells whether a span of time shows, and cuts it to what does.
func (d *drawing) within(from, to time.Duration) (x0, x1 float64, ok bool) {
	if to < d.from || from > d.to {
		return 0, 0, false
	}
	return d.x(max(from, d.from)), d.x(min(to, d.to)), true
}

func (d *drawing) draw() {
	height := svgTop + svgLane*float64(len(d.Lanes)) + 8
	if d.part.Logs {
		height += svgRow*float64(len(d.Spans)+1) + 16
	}
	fmt.Fprintf(d, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" font-family="system-ui, Arial, sans-serif" font-size="11" role="img">`+"\n", d.width, height, d.width, height)
	title := fmt.Sprintf("%s, %.3f s to %.3f s", d.Title(), d.from.Seconds(), d.to.Seconds())
	fmt.Fprintf(d, "<title>%s</title>\n", html.EscapeString(title))
	fmt.Fprintf(d, `<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M0 6L6 0" stroke="#9aa1ad"/></pattern></defs>`+"\n")
	fmt.Fprintf(d, `<rect width="%.0f" height="%.0f" fill="#fff"/>`+"\n", d.width, height)
	d.grid()
	d.bands()
	d.spans()
	bottom := svgTop + svgLane*float64(len(d.Lanes))
	fmt.Fprintf(d, `<clipPath id="plot"><rect x="%.0f" y="0" width="%.0f" height="%.0f"/></clipPath><g clip-path="url(#plot)">`+"\n", svgLeft-8, d.width-svgLeft+8, bottom)
	for _, m := range d.Messages {
		d.message(m)
	}
	for _, e := range d.Events {
		if e.At >= d.from && e.At <= d.to && e.Lane >= 0 {
			d.mark(e)
		}
	}
	fmt.Fprintln(d, "</g>")
	for lane, name := range d.Lanes {
		d.text(8, d.y(lane)+4, name, ink, `font-weight="bold" font-size="13"`)
	}
	if d.part.Logs {
		d.logs(svgTop + svgLane*float64(len(d.Lanes)) + 16)
	}
	fmt.Fprintln(d, "</svg>")
}

func (d *drawing) text(x, y float64, text, colour, more string) {
	fmt.Fprintf(d, `<text x="%.1f" y="%.1f" fill="%s" %s>%s</text>`+"\n", x, y, colour, more, html.EscapeString(printable(text)))
}

// printable leaves out what XML does not allow.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, s)
}

func (d *drawing) grid() {
	span := float64(d.to - d.from)
	step := math.Pow(10, math.Floor(math.Log10(span/6)))
	for _, k := range []float64{1, 2, 5, 10} {
		if step*k >= span/8 {
			step *= k
			break
		}
	}
	digits := max(0, min(6, 9-int(math.Floor(math.Log10(step)))))
	bottom := svgTop + svgLane*float64(len(d.Lanes))
	for t := math.Ceil(float64(d.from)/step) * step; t <= float64(d.to); t += step {
		x := d.x(time.Duration(t))
		fmt.Fprintf(d, `<path d="M%.1f 18V%.0f" stroke="%s"/>`+"\n", x, bottom, thin)
		if x < d.width-30 {
			d.text(x, 12, fmt.Sprintf("%.*f s", digits, t/1e9), soft, `text-anchor="middle"`)
		}
	}
}

func (d *drawing) bands() {
	for _, b := range d.Bands {
		x0, x1, ok := d.within(b.From, b.To)
		if !ok {
			continue
		}
		half := svgLane * 0.4
		if b.Peer >= 0 {
			half = svgLane * 0.2
		}
		fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="url(#hatch)" opacity="0.45"/>`+"\n", x0, d.y(b.Lane)-half, x1-x0, 2*half)
		if x1-x0 > 50 {
			d.text(x0+3, d.y(b.Lane)+half-3, b.Label, soft, halo)
		}
	}
}

// halo keeps text readable on lines.
const halo = `paint-order="stroke" stroke="#fff" stroke-width="3"`

func (d *drawing) spans() {
	widths := map[Role]float64{Follower: 3, Candidate: 7, Leader: 11}
	for lane, spans := range d.Spans {
		y := d.y(lane)
		for _, s := range spans {
			x0, x1, ok := d.within(s.From, s.To)
			if !ok || x1 <= x0 || s.Role == Over {
				continue
			}
			if s.Role == Down {
				fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="%.1f" height="18" fill="url(#hatch)"/>`+"\n", x0, y-9, x1-x0)
				if x1-x0 > 40 {
					d.text(x0+3, y+4, "down", soft, halo)
				}
				continue
			}
			dash := ""
			if s.Role == Candidate {
				dash = ` stroke-dasharray="4 3"`
			}
			fmt.Fprintf(d, `<path d="M%.1f %.1fH%.1f" stroke="%s" stroke-width="%.0f"%s/>`+"\n", x0, y, x1, d.colourOf(s.Term), widths[s.Role], dash)
			words := fmt.Sprintf("T%d", s.Term)
			switch s.Role {
			case Leader:
				words = "★ leader " + words
			case Candidate:
				words = "candidate " + words
			}
			if x1-x0 > 7*float64(len(words)) {
				d.text(x0+2, y-9, words, d.colourOf(s.Term), halo)
			}
		}
	}
}

// message draws an arrow, with what became of it at its head.
func (d *drawing) message(m Message) {
	if m.Routine && !d.part.All {
		return
	}
	left := d.Events[m.Left].At
	came := left
	if m.Came >= 0 {
		came = d.Events[m.Came].At
	}
	if came < d.from || left > d.to {
		return
	}
	part := map[Fate]float64{Lost: 0.6, Cut: 0.3, Unknown: 0.2}[m.Fate]
	side := 6.0
	if m.To < m.From {
		side = -6
	}
	x0, y0 := d.x(left), d.y(m.From)+side
	x1, y1 := d.x(came), d.y(m.To)-side
	if part > 0 {
		x1, y1 = x0+part*8, y0+(y1-y0)*part
	}
	dash, width, opacity := "", 1.6, 1.0
	switch {
	case m.Fate == Lost:
		dash = ` stroke-dasharray="5 4"`
	case m.Fate == Cut || m.Fate == Unknown:
		dash = ` stroke-dasharray="2 3"`
	case m.Held:
		dash = ` stroke-dasharray="2 4"`
	}
	if m.Reply {
		width, opacity = 1, 0.7
	}
	if m.Routine {
		opacity = 0.35
	}
	colour := d.colourOf(m.Term)
	fmt.Fprintf(d, `<g opacity="%.2f" stroke="%s" fill="%s"><path d="M%.1f %.1fL%.1f %.1f" stroke-width="%.1f"%s/>`, opacity, colour, colour, x0, y0, x1, y1, width, dash)
	switch m.Fate {
	case Lost:
		fmt.Fprintf(d, `<path d="M%.1f %.1fl8 8m0 -8l-8 8" stroke="%s" stroke-width="2"/>`, x1-4, y1-4, bad)
	case Cut:
		fmt.Fprintf(d, `<path d="M%.1f %.1fh10" stroke-width="2"/>`, x1-5, y1)
	case Unknown:
	default:
		long := math.Hypot(x1-x0, y1-y0)
		ux, uy := (x1-x0)/long, (y1-y0)/long
		fmt.Fprintf(d, `<path stroke="none" d="M%.1f %.1fL%.1f %.1fL%.1f %.1fz"/>`, x1, y1, x1-8*ux-3.5*uy, y1-8*uy+3.5*ux, x1-8*ux+3.5*uy, y1-8*uy-3.5*ux)
	}
	fmt.Fprintln(d, "</g>")
	label := m.Label
	if m.Fate == Double {
		label = "2× " + label
	}
	down := -2.0
	if y1 < y0 {
		down = 8
	}
	x, pair := x0+(x1-x0)*0.3+3, [2]int{m.From, m.To}
	before, some := d.labelled[pair]
	if m.Fate != Cut && x0 > svgLeft-5 && x0 < d.width-20 && (!some || x-before > 7*float64(len(label)+1)) {
		d.labelled[pair] = x
		d.text(x, y0+(y1-y0)*0.3+down, label, colour, `font-size="10" `+halo)
	}
}

func (d *drawing) mark(e Event) {
	x, y := d.x(e.At), d.y(e.Lane)
	switch e.Kind {
	case trace.Start:
		fmt.Fprintf(d, `<path d="M%.1f %.1fl4 -4l4 4l-4 4z" fill="#fff" stroke="%s"/>`+"\n", x-4, y, ink)
	case trace.Apply:
		fmt.Fprintf(d, `<path d="M%.1f %.1fh6l-3 -6z" fill="#fff" stroke="%s"/>`+"\n", x-3, y+15, ink)
	case trace.Snapshot, trace.Install:
		fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="8" height="7" fill="#fff" stroke="%s"/>`+"\n", x-4, y+7, ink)
	case trace.Timeout:
		fmt.Fprintf(d, `<circle cx="%.1f" cy="%.1f" r="5" fill="#fff" stroke="%s"/><path d="M%.1f %.1fv3h2" fill="none" stroke="%s"/>`+"\n", x, y, ink, x, y-3, ink)
	case trace.Won:
		d.text(x, y+6, "★", ink, `font-size="16" text-anchor="middle"`)
	case trace.Boot:
		fmt.Fprintf(d, `<circle cx="%.1f" cy="%.1f" r="4" fill="#fff" stroke="%s"/>`+"\n", x, y, ink)
	case trace.Crash:
		fmt.Fprintf(d, `<path d="M%.1f %.1fl12 12m0 -12l-12 12" stroke="%s" stroke-width="3"/>`+"\n", x-6, y-6, bad)
	}
}

// logs draws the logs at the end of the part, a server a row.
func (d *drawing) logs(top float64) {
	all := d.LogsAt(d.to)
	last := 0
	for _, l := range all.Servers {
		last = max(last, l.Last())
	}
	room := d.width - svgLeft - 24 - svgRight
	columns := int(room / svgCell)
	d.cellWidth = min(2*svgCell, max(svgCell, room/float64(max(last, 1))))
	first := max(1, last-columns+1)
	d.text(8, top+10, fmt.Sprintf("logs, %.3f s", d.to.Seconds()), soft, `font-size="10"`)
	for index := first; index <= last; index++ {
		d.text(svgLeft+24+float64(index-first)*d.cellWidth+d.cellWidth/2, top+10, fmt.Sprint(index), soft, `text-anchor="middle" font-size="10"`)
	}
	for i, l := range all.Servers {
		y := top + 16 + float64(i)*svgRow
		d.text(8, y+16, d.Lanes[i], ink, `font-weight="bold"`)
		for index := first; index <= last; index++ {
			x := svgLeft + 24 + float64(index-first)*d.cellWidth
			switch {
			case index <= l.Base:
				fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="%.0f" height="%.0f" fill="url(#hatch)" opacity="0.6"/>`+"\n", x+1, y+1, d.cellWidth-2, svgRow-4)
			case index <= l.Last():
				d.cell(x, y, l, index, all.Conflict(i, index))
			}
		}
	}
}

func (d *drawing) cell(x, y float64, l Log, index int, conflict bool) {
	e := l.At(index)
	stroke, dash, width := d.colourOf(e.Term), ` stroke-dasharray="3 2"`, 1.0
	if index <= l.Commit {
		dash, width = "", 2
	}
	term, colour := termOf(e), d.colourOf(e.Term)
	if conflict {
		term, stroke, colour = "≠"+term, bad, bad
	}
	fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="%.0f" height="%.0f" rx="3" fill="%s" fill-opacity="0.15" stroke="%s" stroke-width="%.0f"%s/>`+"\n",
		x+2, y+1, d.cellWidth-4, svgRow-4, d.colourOf(e.Term), stroke, width, dash)
	if index <= l.Applied {
		fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="%.0f" height="3" fill="%s"/>`+"\n", x+2, y+svgRow-6, d.cellWidth-4, ink)
	}
	letters := int((d.cellWidth - 14) / 6.6) // that a cell has room for
	command := []rune(d.Command(e))
	if room := letters - len([]rune(term)); len(command) > room {
		command = append(command[:max(0, room-1)], '…')
	}
	fmt.Fprintf(d, `<text x="%.1f" y="%.1f" fill="%s"><tspan font-weight="bold" fill="%s">%s</tspan> %s</text>`+"\n", x+6, y+15, ink, colour, term, html.EscapeString(printable(string(command))))
}
