package handouts

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/yuin/goldmark/ast"

	"raftlab/tests/viewer"
)

// mostEvents is how many events of a run the site shows: each takes some 170 bytes. No
// picture needs more.
const mostEvents = 4000

// shownRun is a run that a picture shows.
type shownRun struct {
	Case  string
	Seed  int
	Trace string // the page of its trace on the site, at the instant at which the picture begins
}

// traces runs the reference for each picture on the pages, and writes a page of the viewer
// for each of these runs. It returns them by picture.
func (s Site) traces(ctx context.Context, docs []document) (map[string]shownRun, error) {
	wanted := slices.DeleteFunc(Pictures(), func(p Picture) bool { return slices.Contains(s.Held, p.Case) || !isShown(p, docs) })
	root := s.Reference
	if root == "" {
		root = s.Root
	}
	runs := map[string]shownRun{}
	return runs, each(ctx, root, wanted, func(p Picture, story *viewer.Story) error {
		begin, err := nth(story.Events, p.From.kind, p.From.nth)
		if err != nil {
			return err
		}
		end, err := p.To.in(story)
		if err != nil {
			return err
		}
		window := story.Window(0, 0, mostEvents, -1)
		if window.End < end {
			return fmt.Errorf("the picture ends at %v, and the first %d events of the run, which the site shows, at %v", end, mostEvents, window.End)
		}
		var page bytes.Buffer
		if err := viewer.Show(viewer.Part{}, window).Page(&page); err != nil {
			return err
		}
		file := fmt.Sprintf("traces/%s-%d.html", p.Case, p.Seed)
		runs[p.Name] = shownRun{p.Case, p.Seed, file + "#t=" + strconv.FormatFloat(begin.At.Seconds(), 'f', -1, 64)}
		return s.save(file, page.Bytes())
	})
}

// isShown reports whether a picture is on a page.
func isShown(p Picture, docs []document) (found bool) {
	for _, d := range docs {
		ast.Walk(d.root, func(n ast.Node, _ bool) (ast.WalkStatus, error) {
			image, ok := n.(*ast.Image)
			found = found || ok && pictureName(string(image.Destination)) == p.Name
			return ast.WalkContinue, nil
		})
	}
	return found
}
