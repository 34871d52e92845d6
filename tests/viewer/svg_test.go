package viewer

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/tests/trace"
)

// linear returns the red, green and blue of a color, in linear light.
func linear(t *testing.T, color string) (c [3]float64) {
	for i := range c {
		var n int
		_, err := fmt.Sscanf(color[1+2*i:3+2*i], "%02x", &n)
		require.NoError(t, err)
		if c[i] = float64(n) / 255; c[i] <= 0.04045 {
			c[i] /= 12.92
		} else {
			c[i] = math.Pow((c[i]+0.055)/1.055, 2.4)
		}
	}
	return c
}

// through multiplies a color by a matrix.
func through(m [3][3]float64, c [3]float64) (r [3]float64) {
	for i := range r {
		r[i] = min(1, max(0, m[i][0]*c[0]+m[i][1]*c[1]+m[i][2]*c[2]))
	}
	return r
}

// lab returns the coordinates of a color in CIELAB, in which distances correspond to
// perceived differences.
func lab(c [3]float64) [3]float64 {
	f := func(t float64) float64 {
		if t > 0.008856 {
			return math.Cbrt(t)
		}
		return 7.787*t + 16.0/116
	}
	x, y, z := f((0.4124*c[0]+0.3576*c[1]+0.1805*c[2])/0.95047), f(luminance(c)), f((0.0193*c[0]+0.1192*c[1]+0.9505*c[2])/1.08883)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

func luminance(c [3]float64) float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }

// vision holds, for normal vision and each kind of color blindness, the matrix of the colors seen,
// by the model of Machado, Oliveira and Fernandes (2009).
var vision = map[string][3][3]float64{
	"usual":        {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// TestTermsDifferForColorBlindReaders also checks the contrast of each color with its
// background. A distance of 2.3 is just noticeable.
func TestTermsDifferForColorBlindReaders(t *testing.T) {
	var light, dark []string
	for _, c := range termColors {
		light, dark = append(light, c.light), append(dark, c.dark)
	}
	for ground, colors := range map[string][]string{"#ffffff": light, otherColors[0].dark: dark} {
		for i, a := range colors {
			bright := []float64{luminance(linear(t, a)) + 0.05, luminance(linear(t, ground)) + 0.05}
			require.GreaterOrEqual(t, max(bright[0], bright[1])/min(bright[0], bright[1]), 3.0, "%s on %s", a, ground)
			for _, b := range colors[:i] {
				for who, m := range vision {
					x, y := lab(through(m, linear(t, a))), lab(through(m, linear(t, b)))
					require.GreaterOrEqual(t, math.Hypot(math.Hypot(x[0]-y[0], x[1]-y[1]), x[2]-y[2]), 20.0, "%s and %s, %s", a, b, who)
				}
			}
		}
	}
}

func TestAScaleCutsQuietSpans(t *testing.T) {
	const ms = time.Millisecond
	busy := []time.Duration{0, 10 * ms, 110 * ms, 120 * ms}
	even := newScale(busy, 0, 0, 120)
	require.Empty(t, even.cuts)
	require.InDelta(t, 60, even.of(60*ms), 1e-9)
	cut := newScale(busy, 20*ms, 0, 40)
	require.Equal(t, []int{1}, cut.cuts)
	for at, x := range map[time.Duration]float64{-5 * ms: -5, 0: 0, 5 * ms: 5, 10 * ms: 10, 60 * ms: 20, 110 * ms: 30, 115 * ms: 35, 120 * ms: 40, 130 * ms: 50} {
		require.InDelta(t, x, cut.of(at), 1e-9, at)
	}
}

func TestALineCrossesABox(t *testing.T) {
	b := box{10, 10, 20, 20}
	for line, crosses := range map[box]bool{
		{0, 0, 30, 30}: true, {30, 0, 0, 30}: true, {15, 0, 15, 30}: true, {12, 12, 13, 13}: true, {0, 15, 12, 15}: true,
		{0, 0, 9, 9}: false, {0, 12, 12, 30}: false, {5, 0, 5, 30}: false, {0, 25, 30, 25}: false, {21, 0, 22, 30}: false,
	} {
		require.Equal(t, crosses, b.crossed(line), "%v", line)
	}
}

// crowd is a story in which three servers send each other more messages in a millisecond
// than there is room to label.
func crowd() *Story {
	s := &Story{Lanes: []string{"S0", "S1", "S2"}, End: 100 * time.Millisecond}
	event := func(at time.Duration, lane int) int {
		s.Events = append(s.Events, Event{At: at, Lane: lane, Kind: trace.Save})
		return len(s.Events) - 1
	}
	for k := range 60 {
		from, to := k%3, (k+1)%3
		left := time.Duration(k) * 20 * time.Microsecond
		s.Messages = append(s.Messages, Message{From: from, To: to, Left: event(left, from), Came: event(left+time.Millisecond, to), Label: "AE+1", Term: 1 + k%7, Fate: Arrived})
	}
	for range s.Lanes {
		s.Spans = append(s.Spans, []Span{{0, 50 * time.Millisecond, Leader, 1}, {50 * time.Millisecond, s.End, Follower, 2}})
	}
	s.Bands = []Band{{0, s.End, 1, -1, "cut off"}}
	return s
}

// TestNoWordsCoverOthers checks that a label without room is omitted.
func TestNoWordsCoverOthers(t *testing.T) {
	for _, gap := range []time.Duration{0, time.Millisecond} {
		var b bytes.Buffer
		require.NoError(t, SVG(&b, crowd(), Part{Gap: gap}))
		var boxes []box
		for in := xml.NewDecoder(&b); ; {
			token, err := in.Token()
			if err != nil {
				break
			}
			var text struct {
				X     float64 `xml:"x,attr"`
				Y     float64 `xml:"y,attr"`
				Size  float64 `xml:"font-size,attr"`
				Words string  `xml:",chardata"`
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "text" {
				require.NoError(t, in.DecodeElement(&text, &e))
				// In a font that is not wide, a letter takes about 0.55 of its size.
				boxes = append(boxes, box{text.X, text.Y - 0.8*text.Size, text.X + 0.55*text.Size*float64(len([]rune(text.Words))), text.Y})
			}
		}
		require.Greater(t, len(boxes), 15)
		for i, a := range boxes {
			for _, b := range boxes[:i] {
				require.False(t, a.overlaps(b), "gap %v: %v and %v", gap, a, b)
			}
		}
	}
}

// TestEveryColorHasADarkOne checks that the dark style replaces every color of a picture.
func TestEveryColorHasADarkOne(t *testing.T) {
	var b strings.Builder
	require.NoError(t, SVG(&b, crowd(), Part{Logs: true}))
	style, rest, found := strings.Cut(b.String(), "</style>")
	require.True(t, found)
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?:fill|stroke)="(#\w+)"`).FindAllStringSubmatch(rest, -1) {
		used[m[1]] = true
		require.Contains(t, style, fmt.Sprintf("[fill=%q]{fill:#", m[1]))
	}
	require.Greater(t, len(used), 8)
}

// TestALaneOnWhichNothingHappensIsLeftOut checks that the lane of clients outside the
// cluster is omitted if it is empty.
func TestALaneOnWhichNothingHappensIsLeftOut(t *testing.T) {
	for _, acts := range []bool{true, false} {
		s := crowd()
		s.Lanes = append(s.Lanes, "test")
		if acts {
			s.Messages[0].To = 3
		}
		var b strings.Builder
		require.NoError(t, SVG(&b, s, Part{}))
		require.Equal(t, acts, strings.Contains(b.String(), ">test</text>"))
		require.Len(t, s.Lanes, 4, "the story itself is as it was")
	}
}
