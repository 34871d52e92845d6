// Package handouts looks after the pages that students and staff read: it writes the
// parts of them that are generated, checks their links, and renders them to a
// site. Start from [Update] and [Render].
//
// The reasons for its design are in docs/decisions/0018-handouts-and-release.md.
package handouts

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"raftlab/grader/internal/intake/policy"
	"raftlab/tests/clock"
	"raftlab/tests/kvtest"
	"raftlab/tests/monitor"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

// folder is where the pages are, below the top of the tree.
const folder = "handouts"

// Page is one of them.
type Page struct {
	Path string // below handouts, such as "2a.md"
	Text string
}

// Pages reads all pages of a tree, in the order of their paths.
func Pages(root string) (all []Page, err error) {
	dir := os.DirFS(filepath.Join(root, folder))
	err = fs.WalkDir(dir, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(file) != ".md" {
			return err
		}
		text, err := fs.ReadFile(dir, file)
		all = append(all, Page{file, strings.ReplaceAll(string(text), "\r\n", "\n")})
		return err
	})
	return all, err
}

// block is a part of a page that is generated, with the name of what is to stand
// there, and words that say more.
var block = regexp.MustCompile(`(?s)<!-- generated: (\w+) ?([^\n]*?) -->\n(.*?)<!-- end -->`)

// Generate returns a page with its generated parts as they should be.
func Generate(p Page, of Source) (string, error) {
	var failed error
	text := block.ReplaceAllStringFunc(p.Text, func(old string) string {
		m := block.FindStringSubmatch(old)
		write, ok := writers[m[1]]
		if !ok {
			failed = fmt.Errorf("%s: nothing generates %q", p.Path, m[1])
			return old
		}
		text, err := write(of, m[2])
		if err != nil {
			failed = fmt.Errorf("%s, %s %s: %w", p.Path, m[1], m[2], err)
			return old
		}
		name := strings.TrimSpace(m[1] + " " + m[2])
		return "<!-- generated: " + name + " -->\n" + strings.TrimRight(text, "\n") + "\n<!-- end -->"
	})
	return text, failed
}

// Source is what is written about: a tree, and the cases that are held back from
// its readers.
type Source struct {
	Root string
	Held []string
}

// Update writes the generated parts of all pages, and returns those that changed.
func Update(of Source) (changed []string, err error) {
	pages, err := Pages(of.Root)
	if err != nil {
		return nil, err
	}
	for _, p := range pages {
		text, err := Generate(p, of)
		if err != nil {
			return changed, err
		}
		if text == p.Text {
			continue
		}
		if err := os.WriteFile(filepath.Join(of.Root, folder, p.Path), []byte(text), 0o644); err != nil {
			return changed, err
		}
		changed = append(changed, p.Path)
	}
	return changed, nil
}

// writers write the parts, by their names.
var writers = map[string]func(of Source, words string) (string, error){
	"cases":     Source.cases,
	"points":    func(of Source, _ string) (string, error) { return of.points(), nil },
	"rules":     Source.rules,
	"names":     func(Source, string) (string, error) { return names(), nil },
	"imports":   func(Source, string) (string, error) { return imports(), nil },
	"bank":      Source.bank,
	"toolchain": func(of Source, _ string) (string, error) { return of.toolchain() },
	"expected":  Source.expected,
	"picture":   Source.picture,
}

// course returns all cases in order.
func (of Source) course() (all []suite.Case) {
	for _, c := range rafttest.Cases() {
		all = append(all, c.Case)
	}
	for _, c := range kvtest.Cases() {
		all = append(all, c.Case)
	}
	return slices.DeleteFunc(all, func(c suite.Case) bool { return slices.Contains(of.Held, c.Name) })
}

// cases is the table of a part.
func (of Source) cases(part string) (string, error) {
	var b strings.Builder
	total, n := 0, 0
	var sealed []string // cases that cannot run on the virtual clock
	b.WriteString("| case | what happens | points | paper | when it fails |\n| --- | --- | --- | --- | --- |\n")
	for _, c := range of.course() {
		if c.Part != part {
			continue
		}
		title := c.Title
		if !c.RunsOn(clock.Virtual) {
			title += " (exact clock)"
			sealed = append(sealed, c.Name)
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %s | [%s](%s) |\n", c.Name, title, c.Points, c.Paper, heading(of.Root, c.Handout), c.Handout)
		total, n = total+c.Points, n+1
	}
	if n == 0 {
		return "", fmt.Errorf("there is no part %q", part)
	}
	fmt.Fprintf(&b, "\n%d cases, %d points. `go test -run %s` runs them all, `go test -run 'Test%s$'` the first alone.\n", n, total, part, of.first(part))
	if sealed != nil {
		fmt.Fprintf(&b, "%s cannot run on the virtual clock, and so not in `go test` as it is: `go run ./grader run --clock exact --part %s --run %s .`, at the top of the tree.\n",
			strings.Join(sealed, " and "), part, sealed[0])
	}
	return b.String(), nil
}

func (of Source) first(part string) string {
	all := of.course()
	return all[slices.IndexFunc(all, func(c suite.Case) bool { return c.Part == part })].Name
}

// points is the table of all parts.
func (of Source) points() string {
	var parts []string
	cases, sum := map[string]int{}, map[string]int{}
	total := 0
	for _, c := range of.course() {
		if cases[c.Part] == 0 {
			parts = append(parts, c.Part)
		}
		cases[c.Part]++
		sum[c.Part] += c.Points
		total += c.Points
	}
	var b strings.Builder
	b.WriteString("| part | cases | points |\n| --- | --- | --- |\n")
	for _, p := range parts {
		fmt.Fprintf(&b, "| [%s](%s.md) | %d | %d |\n", p, strings.ToLower(p), cases[p], sum[p])
	}
	fmt.Fprintf(&b, "| all | %d | %d |\n", len(of.course()), total)
	return b.String()
}

// rules is the table of the figures on a subject.
func (of Source) rules(subject string) (string, error) {
	var b strings.Builder
	b.WriteString("| rule | bound | cases |\n| --- | --- | --- |\n")
	n := 0
	for _, r := range append(rafttest.Rules(), kvtest.Rules()...) {
		if r.Subject != subject {
			continue
		}
		n++
		in := "all"
		if r.Cases != "" {
			in = strings.Join(slices.DeleteFunc(strings.Split(r.Cases, ", "), func(c string) bool { return slices.Contains(of.Held, c) }), ", ")
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.Rule, r.Bound, in)
	}
	if n == 0 {
		return "", fmt.Errorf("there is no rule on %q", subject)
	}
	return b.String(), nil
}

// names is the table of the names on the wire.
func names() string {
	var b strings.Builder
	b.WriteString("| method | arguments | reply | paper |\n| --- | --- | --- | --- |\n")
	for _, m := range monitor.Messages() {
		fmt.Fprintf(&b, "| `%s` | `%s` | `%s` | %s |\n", m.RPC, strings.Join(m.Args, "`, `"), strings.Join(m.Reply, "`, `"), m.Paper)
	}
	return b.String()
}

// imports lists the packages of Go that submissions may use.
func imports() string { return "`" + strings.Join(policy.Imports(), "`, `") + "`" }

// toolchain says which Go the tree is for.
func (of Source) toolchain() (string, error) {
	const file = "go.mod"
	text, err := os.ReadFile(filepath.Join(of.Root, file))
	if err != nil {
		return "", err
	}
	mod, err := modfile.Parse(file, text, nil)
	switch {
	case err != nil:
		return "", err
	case mod.Go == nil || mod.Toolchain == nil:
		return "", fmt.Errorf("%s has no go or no toolchain line", file)
	}
	return fmt.Sprintf("The lab needs Go %s or newer. `go.mod` names **%s**, with which staff grade.", mod.Go.Version, mod.Toolchain.Name), nil
}
