package course

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/base/regular"
	"raftlab/grader/internal/execute/exact"
	"raftlab/tests/suite"
)

// maxFile bounds the length of a course.toml, in bytes.
const maxFile = 1 << 20

// Load reads a course.toml. cases are the cases of the lab, in order. An error names the
// file, the line or the setting, and what is accepted.
func Load(file string, cases []suite.Case) (*Course, error) {
	text, err := regular.Read(file, maxFile)
	if err != nil {
		return nil, err
	}
	var c *Course
	err = guard.Run("reading the course", func() error {
		c, err = parse(string(text), cases)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	c.dir = filepath.Dir(file)
	return c, nil
}

// shown returns an error with the faulty line. The library panics on some texts while it
// formats the line; then shown returns just the error with the line's number.
func shown(e toml.ParseError) (text string) {
	err := guard.Run("showing the line", func() error {
		text = strings.TrimSpace(e.ErrorWithPosition())
		return nil
	})
	if err != nil {
		return e.Error()
	}
	return text
}

func parse(text string, cases []suite.Case) (*Course, error) {
	c, seen, err := decode(text)
	if err != nil {
		var place toml.ParseError
		if asParse(err, &place) {
			return nil, errors.New(shown(place))
		}
		return nil, err
	}
	if unknown := seen.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("unknown setting %q; handouts/instructors/class.md lists all settings", unknown[0])
	}
	if fault := c.ranges(); fault != nil {
		where, first := place(text)
		if first != nil {
			fault = first
		}
		return nil, fmt.Errorf("%s%w", where, fault)
	}
	if c.Scoring.Bands == nil {
		c.Scoring.Bands = Default().Scoring.Bands
	}
	if err := c.fill(cases); err != nil {
		return nil, err
	}
	return c, c.check()
}

// decode decodes a text into a course with defaults. It leaves out default bands, because
// a text replaces all of them.
func decode(text string) (*Course, toml.MetaData, error) {
	c := Default()
	c.Scoring.Bands = nil
	seen, err := toml.Decode(text, &c)
	return &c, seen, err
}

// fill adds the lab's cases and the course's runs to the parts.
func (c *Course) fill(cases []suite.Case) error {
	if len(c.Parts) == 0 {
		for _, name := range defaultParts {
			c.Parts = append(c.Parts, Part{Name: name})
		}
	}
	for i := range c.Parts {
		p := &c.Parts[i]
		if lab := partsOf(cases); !slices.Contains(lab, p.Name) {
			return fmt.Errorf("unknown part %q; expected one of %s", p.Name, strings.Join(lab, ", "))
		}
		own := map[string]Case{}
		for _, k := range p.Cases {
			if _, twice := own[k.Name]; twice {
				return fmt.Errorf("part %s names case %q twice", p.Name, k.Name)
			}
			own[k.Name] = k
		}
		p.Cases = nil
		for _, k := range cases {
			if k.Part != p.Name {
				continue
			}
			mine := own[k.Name]
			delete(own, k.Name)
			if mine.Name, mine.Case = k.Name, k; mine.Points == nil {
				points := float64(k.Points)
				mine.Points = &points
			}
			if mine.Out {
				p.Left = append(p.Left, mine)
				continue
			}
			p.Cases = append(p.Cases, mine)
		}
		for name := range own {
			return fmt.Errorf("part %s has no case %q", p.Name, name)
		}
		if len(p.Cases) == 0 {
			return fmt.Errorf("part %s has no case left: leave the part out", p.Name)
		}
		p.scale()
		p.Runs = p.Own.over(c.Runs)
		if p.Raft == "" {
			p.Raft = "own"
		}
	}
	return nil
}

// scale scales the points of a part's cases to the part's points.
func (p *Part) scale() {
	sum := 0.0
	for _, k := range p.Cases {
		sum += *k.Points
	}
	if p.Points == 0 || sum == 0 {
		p.Points = sum
		return
	}
	for i := range p.Cases {
		*p.Cases[i].Points *= p.Points / sum
	}
}

func partsOf(cases []suite.Case) (parts []string) {
	for _, k := range cases {
		if !slices.Contains(parts, k.Part) {
			parts = append(parts, k.Part)
		}
	}
	return parts
}

// check returns an error for settings that contradict each other. The range of each number
// was checked before.
func (c *Course) check() error {
	var names []string
	for _, p := range c.Parts {
		if slices.Contains(names, p.Name) {
			return fmt.Errorf("part %s occurs twice", p.Name)
		}
		names = append(names, p.Name)
		if err := c.checkPart(p); err != nil {
			return err
		}
	}
	if !slices.Contains(exact.Engines(), c.ExactEngine) {
		return fmt.Errorf("exact_engine = %q: expected %s, %s, %s or %s", c.ExactEngine, exact.Auto, exact.Native, exact.Wasm, exact.Sealed)
	}
	switch c.Scoring.Rule {
	case Bands, AllOrNothing, Proportional:
	default:
		return fmt.Errorf("scoring.rule = %q: expected %s, %s or %s", c.Scoring.Rule, Bands, AllOrNothing, Proportional)
	}
	for i, b := range c.Scoring.Bands {
		if i > 0 && (b.Rate >= c.Scoring.Bands[i-1].Rate || b.Share > c.Scoring.Bands[i-1].Share) {
			return fmt.Errorf("scoring.band %d: put the bands in order, the highest rate and share first", i+1)
		}
	}
	return nil
}

func (c *Course) checkPart(p Part) error {
	if p.Runs.Virtual == 0 {
		return fmt.Errorf("part %s has no runs on the virtual clock, which determine the score: set runs.virtual", p.Name)
	}
	if p.Raft != "own" && p.Raft != "reference" {
		return fmt.Errorf("part %s: raft = %q: expected own or reference", p.Name, p.Raft)
	}
	if p.Raft == "reference" && !strings.HasPrefix(p.Name, "3") {
		return fmt.Errorf("part %s: raft = %q: only the service, 3A and 3B, can run on the reference", p.Name, p.Raft)
	}
	need := c.Scoring.Confirm
	if need.Race > p.Runs.Race || need.Exact > p.Runs.Exact {
		return fmt.Errorf("part %s: scoring.confirm asks for %d race and %d exact runs, of %d and %d: a pass could never be confirmed", p.Name, need.Race, need.Exact, p.Runs.Race, p.Runs.Exact)
	}
	if idle := p.NeverRun(); len(idle) > 0 {
		var lost float64
		var which []string
		for _, k := range idle {
			lost += *k.Points
			which = append(which, k.Name)
		}
		return fmt.Errorf("part %s: %s cannot run on the virtual clock, and runs.exact = %d: nobody could get the %v points. Give the part runs = { exact = 1 } or more, or leave these cases out (leave_out = true)",
			p.Name, strings.Join(which, ", "), p.Runs.Exact, lost)
	}
	return nil
}

// asParse reports whether an error has a position in the file, and returns that error in
// place.
func asParse(err error, place *toml.ParseError) (ok bool) {
	*place, ok = err.(toml.ParseError)
	return ok
}
