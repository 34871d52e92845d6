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

// SVG writes a part of a story as a picture for print and for the handouts: the lanes, and
// the logs at its end if p.Logs is set. The picture has its own background, so that it is
// readable on any page; the background is dark if the reader prefers that.
func SVG(w io.Writer, s *Story, p Part) error {
	out := bufio.NewWriter(w)
	d := &drawing{Writer: out, Story: s, part: p, width: 900}
	if p.Width > 0 {
		d.width = float64(p.Width)
	}
	d.from, d.to = p.From, p.end(s)
	if d.to <= d.from {
		return fmt.Errorf("there are no events from %v to %v; the trace ends at %v", d.from, d.to, s.End)
	}
	d.trim()
	d.terms = d.shown()
	d.scale = newScale(d.busy(), p.Gap, svgLeft, d.width-svgRight)
	d.draw()
	return out.Flush()
}

// Measures of a picture.
const (
	svgLeft, svgRight, svgTop = 62.0, 14.0, 30.0
	svgLane, svgClient        = 62.0, 26.0
	svgCell, svgRow           = 62.0, 26.0
)

type drawing struct {
	*bufio.Writer
	*Story
	part      Part
	width     float64
	cellWidth float64 // of an entry of a log
	terms     []int   // that are visible, in order
	from, to  time.Duration
	scale     scale
	taken     []box       // the space of marks and words
	lines     []box       // lanes and arrows, from one end to the other
	labels    []textLabel // to be placed, the most important first
	over      []string    // SVG to be drawn over the lanes
}

// trim omits the lane of clients outside the cluster if nothing is drawn on it.
func (d *drawing) trim() {
	if len(d.Lanes) != len(d.Spans)+1 {
		return
	}
	for _, m := range d.Messages {
		if _, _, ok := d.flight(m); ok && max(m.From, m.To) >= len(d.Spans) {
			return
		}
	}
	if slices.ContainsFunc(d.Operations, d.shows) {
		return
	}
	story := *d.Story
	story.Lanes, story.Clients = story.Lanes[:len(d.Spans)], 0
	d.Story = &story
}

// shown returns the terms that are visible in a picture, in order.
func (d *drawing) shown() (terms []int) {
	for _, spans := range d.Spans {
		for _, s := range spans {
			if s.From <= d.to && s.To >= d.from {
				terms = append(terms, s.Term)
			}
		}
	}
	for _, m := range d.Messages {
		if _, _, ok := d.flight(m); ok {
			terms = append(terms, m.Term)
		}
	}
	if d.part.Logs {
		for _, l := range d.LogsAt(d.to).Servers {
			for _, e := range l.Entries {
				terms = append(terms, e.Term)
			}
		}
	}
	terms = slices.DeleteFunc(terms, func(t int) bool { return t == 0 })
	slices.Sort(terms)
	return slices.Compact(terms)
}

func (d *drawing) x(at time.Duration) float64 { return d.scale.of(at) }

// y returns the middle of a lane; those of clients are lower than the others.
func (d *drawing) y(lane int) float64 {
	if tall := len(d.Lanes) - d.Clients; lane >= tall {
		return svgTop + float64(tall)*svgLane + (float64(lane-tall)+0.5)*svgClient
	}
	return svgTop + (float64(lane)+0.5)*svgLane
}

// bottom is where the last lane ends.
func (d *drawing) bottom() float64 {
	return svgTop + svgLane*float64(len(d.Lanes)-d.Clients) + svgClient*float64(d.Clients)
}

// within reports whether a span of time is visible, and returns the x of its visible part.
func (d *drawing) within(from, to time.Duration) (x0, x1 float64, ok bool) {
	if to < d.from || from > d.to {
		return 0, 0, false
	}
	return d.x(max(from, d.from)), d.x(min(to, d.to)), true
}

func (d *drawing) draw() {
	height := d.bottom() + 8
	if d.part.Logs {
		height += svgRow*float64(len(d.Spans)+1) + 16
	}
	fmt.Fprintf(d, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" font-family="system-ui, Arial, sans-serif" font-size="11" role="img">`+"\n", d.width, height, d.width, height)
	title := fmt.Sprintf("%s, %.3f s to %.3f s", d.Title(), d.from.Seconds(), d.to.Seconds())
	fmt.Fprintf(d, "<title>%s</title>\n", html.EscapeString(title))
	fmt.Fprintf(d, `<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M0 6L6 0" stroke="%s"/></pattern></defs>`+"\n%s", hatched, darkStyle())
	fmt.Fprintf(d, `<rect width="%.0f" height="%.0f" fill="%s"/>`+"\n", d.width, height, paper)
	d.grid()
	d.bands()
	d.spans()
	fmt.Fprint(d, strings.Join(d.over, ""))
	fmt.Fprintf(d, `<clipPath id="plot"><rect x="%.0f" y="0" width="%.0f" height="%.0f"/></clipPath><g clip-path="url(#plot)">`+"\n", svgLeft-8, d.width-svgLeft+8, d.bottom())
	for _, m := range d.Messages {
		d.message(m)
	}
	for _, o := range d.Operations {
		if d.shows(o) {
			d.operation(o)
		}
	}
	for _, e := range d.Events {
		if e.At >= d.from && e.At <= d.to && e.Lane >= 0 && e.Lane < len(d.Lanes) {
			d.mark(e)
		}
	}
	fmt.Fprintln(d, "</g>")
	for _, l := range d.labels {
		d.place(l)
	}
	for lane, name := range d.Lanes {
		d.text(8, d.y(lane)+4, name, ink, `font-weight="bold" font-size="13"`)
	}
	if d.part.Logs {
		d.logs(d.bottom() + 16)
	}
	fmt.Fprintln(d, "</svg>")
}

func (d *drawing) text(x, y float64, text, color, more string) {
	fmt.Fprintf(d, `<text x="%.1f" y="%.1f" fill="%s" %s>%s</text>`+"\n", x, y, color, more, html.EscapeString(printable(text)))
}

// printable replaces control characters, which XML does not allow, by spaces.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, s)
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
		d.along(x0, x1, b.Label, soft, d.y(b.Lane)+half-3)
	}
}

// halo keeps text readable on lines.
const halo = `paint-order="stroke" stroke="` + paper + `" stroke-width="3"`

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
				d.along(x0, x1, "down", soft, y+4)
				continue
			}
			d.lines = append(d.lines, box{x0, y, x1, y})
			dash := ""
			if s.Role == Candidate {
				dash = ` stroke-dasharray="4 3"`
			}
			fmt.Fprintf(d, `<path d="M%.1f %.1fH%.1f" stroke="%s" stroke-width="%.0f"%s/>`+"\n", x0, y, x1, d.colorOf(s.Term), widths[s.Role], dash)
			words := fmt.Sprintf("T%d", s.Term)
			switch s.Role {
			case Leader:
				words = "★ leader " + words
			case Candidate:
				words = "candidate " + words
			}
			d.along(x0, x1, words, ink, y-9, y+18)
		}
	}
}

// along adds a label on a span of a lane, at one of the given heights and as far to the left
// as there is room. It adds none if the span is shorter than the label.
func (d *drawing) along(x0, x1 float64, words, color string, heights ...float64) {
	l := textLabel{words: words, color: color, size: 11}
	for _, y := range heights {
		for x := x0 + 2; x <= x1-width(words, l.size); x += 6 {
			l.spots = append(l.spots, spot{x, y})
		}
	}
	d.labels = append(d.labels, l)
}

// shows reports whether a picture shows an operation.
func (d *drawing) shows(o Operation) bool { return o.From <= d.to && o.To >= d.from }

// operation draws a bar from a call to its return, open if there was none, with a dot where
// it takes effect.
func (d *drawing) operation(o Operation) {
	x0, x1, _ := d.within(o.From, o.To)
	color, fill, dash := ink, paper, ""
	if o.Kind != "Get" {
		fill = thin
	}
	if o.Misfit || o.Conflict {
		color = bad
	}
	if o.Open {
		dash = ` stroke-dasharray="4 3"`
	}
	y := d.y(o.Lane)
	fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="%.1f" height="14" fill="%s" stroke="%s"%s/>`+"\n", x0, y-7, max(2, x1-x0), fill, color, dash)
	if o.Place > 0 && o.Effect >= d.from && o.Effect <= d.to {
		fmt.Fprintf(d, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", d.x(o.Effect), y+7, color)
	}
	if words := o.Kind + " " + o.Key; width(words, 10) < x1-x0-6 {
		d.text(x0+3, y+4, words, color, `font-size="10"`)
	}
	d.taken = append(d.taken, box{x0, y - 7, x1, y + 7})
}

// flight returns when a message left and came, and whether it shows: not if it told nothing
// new, nor if it was under way all the time.
func (d *drawing) flight(m Message) (left, came time.Duration, ok bool) {
	left = d.Events[m.Left].At
	came = left
	if m.Came >= 0 && m.Fate != Lost && m.Fate != Cut {
		came = d.Events[m.Came].At
	}
	ok = (!m.Routine || d.part.All) && came >= d.from && left <= d.to && (left >= d.from || came <= d.to)
	return left, came, ok
}

// message draws a message as an arrow, whose head shows the fate of the message.
func (d *drawing) message(m Message) {
	left, came, ok := d.flight(m)
	if !ok {
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
	d.lines = append(d.lines, box{x0, y0, x1, y1})
	dash, thick, opacity := "", 1.6, 1.0
	switch {
	case m.Fate == Lost:
		dash = ` stroke-dasharray="5 4"`
	case m.Fate == Cut || m.Fate == Unknown:
		dash = ` stroke-dasharray="2 3"`
	case m.Held:
		dash = ` stroke-dasharray="2 4"`
	}
	if m.Reply {
		thick, opacity = 1, 0.7
	}
	if m.Routine {
		opacity = 0.35
	}
	color := d.colorOf(m.Term)
	fmt.Fprintf(d, `<g opacity="%.2f" stroke="%s" fill="%s"><path d="M%.1f %.1fL%.1f %.1f" stroke-width="%.1f"%s/>`, opacity, color, color, x0, y0, x1, y1, thick, dash)
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
	if m.Fate == Cut {
		return
	}
	l := textLabel{words: m.Label, color: ink, size: 10}
	if m.Fate == Double {
		l.words = "2× " + l.words
	}
	right, lower := -2.0, 9.0 // the label is beside the arrow, on either side
	if y1 < y0 {
		right, lower = lower, right
	}
	for _, part := range []float64{0.3, 0.5, 0.7, 0.15, 0.85, 0.4, 0.6} {
		x, y := x0+(x1-x0)*part, y0+(y1-y0)*part
		l.spots = append(l.spots, spot{x + 3, y + right}, spot{x - 3 - width(l.words, l.size), y + lower})
	}
	d.labels = append(d.labels, l)
}

func (d *drawing) mark(e Event) {
	if !marked[e.Kind] {
		return
	}
	x, y := d.x(e.At), d.y(e.Lane)
	taken := box{x - 6, y - 6, x + 6, y + 6}
	if e.Kind == trace.Apply || e.Kind == trace.Snapshot || e.Kind == trace.Install {
		taken = box{x - 4, y + 7, x + 4, y + 15}
	}
	d.taken = append(d.taken, taken)
	switch e.Kind {
	case trace.Start:
		fmt.Fprintf(d, `<path d="M%.1f %.1fl4 -4l4 4l-4 4z" fill="%s" stroke="%s"/>`+"\n", x-4, y, paper, ink)
	case trace.Apply:
		fmt.Fprintf(d, `<path d="M%.1f %.1fh6l-3 -6z" fill="%s" stroke="%s"/>`+"\n", x-3, y+15, paper, ink)
	case trace.Snapshot, trace.Install:
		fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="8" height="7" fill="%s" stroke="%s"/>`+"\n", x-4, y+7, paper, ink)
	case trace.Timeout:
		fmt.Fprintf(d, `<circle cx="%.1f" cy="%.1f" r="5" fill="%s" stroke="%s"/><path d="M%.1f %.1fv3h2" fill="none" stroke="%s"/>`+"\n", x, y, paper, ink, x, y-3, ink)
	case trace.Won:
		d.text(x, y+6, "★", ink, `font-size="16" text-anchor="middle"`)
	case trace.Boot:
		fmt.Fprintf(d, `<circle cx="%.1f" cy="%.1f" r="4" fill="%s" stroke="%s"/>`+"\n", x, y, paper, ink)
	case trace.Crash:
		fmt.Fprintf(d, `<path d="M%.1f %.1fl12 12m0 -12l-12 12" stroke="%s" stroke-width="3"/>`+"\n", x-6, y-6, bad)
	}
}

// logs draws the logs at the end of the part, with a row for each server.
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
	stroke, dash, thick := d.colorOf(e.Term), ` stroke-dasharray="3 2"`, 1.0
	if index <= l.Commit {
		dash, thick = "", 2
	}
	term, color := termOf(e), ink
	if conflict {
		term, stroke, color = "≠"+term, bad, bad
	}
	fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="%.0f" height="%.0f" rx="3" fill="%s" fill-opacity="0.15" stroke="%s" stroke-width="%.0f"%s/>`+"\n",
		x+2, y+1, d.cellWidth-4, svgRow-4, d.colorOf(e.Term), stroke, thick, dash)
	if index <= l.Applied {
		fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="%.0f" height="3" fill="%s"/>`+"\n", x+2, y+svgRow-6, d.cellWidth-4, ink)
	}
	letters := int((d.cellWidth - 14) / 7) // the number of letters that fit into a cell
	command := []rune(d.Command(e))
	if room := letters - len([]rune(term)); len(command) > room {
		command = append(command[:max(0, room-1)], '…')
	}
	fmt.Fprintf(d, `<text x="%.1f" y="%.1f" fill="%s"><tspan font-weight="bold" fill="%s">%s</tspan> %s</text>`+"\n", x+6, y+15, ink, color, term, html.EscapeString(printable(string(command))))
}
