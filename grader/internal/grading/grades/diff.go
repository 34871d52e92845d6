package grades

import (
	"fmt"
	"math"
)

// Diff returns the differences between two gradings, a line each, in the order of the ids.
func Diff(old, now ClassGrades) (lines []string) {
	for _, h := range []struct{ what, a, b string }{
		{"course.toml", old.Header.Config, now.Header.Config},
		{"lab", old.Header.Lab, now.Header.Lab},
		{"Go", old.Header.Go, now.Header.Go},
		{"seeds", old.Header.Commitment, now.Header.Commitment},
	} {
		if h.a != h.b {
			lines = append(lines, fmt.Sprintf("%s: %s, now %s", h.what, h.a, h.b))
		}
	}
	before := map[string]Grade{}
	for _, s := range old.Submissions {
		before[s.ID] = s
	}
	for _, s := range now.Submissions {
		was, ok := before[s.ID]
		delete(before, s.ID)
		if !ok {
			lines = append(lines, fmt.Sprintf("%s: new, %v of %v", s.ID, s.Score, s.Points))
			continue
		}
		lines = append(lines, was.diff(s)...)
	}
	for _, s := range old.Submissions {
		if _, gone := before[s.ID]; gone {
			lines = append(lines, fmt.Sprintf("%s: missing, had %v of %v", s.ID, s.Score, s.Points))
		}
	}
	return lines
}

// diff returns the differences between two grades of one submission.
func (s Grade) diff(now Grade) (lines []string) {
	if s.Score == now.Score && s.Status == now.Status && s.Digest == now.Digest && len(s.shares(now)) == 0 {
		return nil
	}
	line := fmt.Sprintf("%s: %v of %v, now %v of %v", s.ID, s.Score, s.Points, now.Score, now.Points)
	if s.Digest != now.Digest {
		line += ", with different files"
	}
	if s.Status != now.Status {
		line += fmt.Sprintf(" (%s, now %s)", s.Status, now.Status)
	}
	return append([]string{line}, s.shares(now)...)
}

// shares returns lines for the cases that earn another share of their points.
func (s Grade) shares(now Grade) (lines []string) {
	was := map[string]CaseGrade{}
	for _, p := range s.Parts {
		for _, c := range p.Cases {
			was[c.Name] = c
		}
	}
	for _, p := range now.Parts {
		for _, c := range p.Cases {
			if w, ok := was[c.Name]; ok && math.Abs(w.Share-c.Share) > 1e-9 {
				lines = append(lines, fmt.Sprintf("  %s: %d of %d runs, now %d of %d; %.0f %% of its points, now %.0f %%", c.Name, w.Passed, w.Runs, c.Passed, c.Runs, 100*w.Share, 100*c.Share))
			}
		}
	}
	return lines
}
