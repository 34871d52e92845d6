//go:build !student

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/base/atomicfile"
	"raftlab/solutions/mutants"
	"raftlab/tests/trace"
	"raftlab/tests/viewer"
)

// scenario is a run that shows one topic of the course.
type scenario struct {
	Name     string
	Title    string
	Case     string // case to play
	Seed     uint64
	Script   string // fault schedule, for a chaos case
	Mutant   string // mutant to run instead of the reference, "" for none
	Pictures []picture
}

// picture is a span of a trace, around an event.
type picture struct {
	Name          string
	Around        trace.Kind // the event
	Nth           int        // number of the event among its kind, from 1; from the end if negative
	Before, After time.Duration
	Logs          bool
}

// scenarios are the runs that every course on Raft draws.
var scenarios = []scenario{
	{
		Name: "first-election", Title: "The first election of three servers", Case: "InitialElection2A", Seed: 5,
		Pictures: []picture{{"election", trace.Won, 1, 7 * ms, 5 * ms, false}},
	},
	{
		Name: "split-vote", Title: "Four servers, two candidates, two votes each", Case: "SplitVote2A", Seed: 5,
		Pictures: []picture{{"split", trace.Timeout, 3, 50 * ms, 220 * ms, false}, {"decided", trace.Won, -1, 6 * ms, 3 * ms, false}},
	},
	{
		Name: "leader-crash", Title: "The leader crashes, another is elected, and the old one comes back", Case: "Chaos2C", Seed: 5,
		Script:   "servers 3\ncommands 0\nwhen led: start SET x=5 at leader\nafter 0.25s: crash leader\nafter 0.9s: restart all\nafter 0.4s: calm\n",
		Pictures: []picture{{"crash", trace.Crash, 1, 200 * ms, 1200 * ms, true}, {"election", trace.Won, 2, 7 * ms, 5 * ms, false}},
	},
	{
		Name: "set-x", Title: "SET x=5: taken, then committed by the leader, then known to all", Case: "Chaos2B", Seed: 5,
		Script: "servers 3\ncommands 0\nwhen led: start SET x=5 at leader\nafter 0.4s: calm\n",
		Pictures: []picture{
			{"taken", trace.Start, 1, 2 * ms, 1 * ms, true}, {"committed", trace.Apply, 1, 5 * ms, ms / 10, true},
			{"known", trace.Apply, 3, 110 * ms, 5 * ms, true},
		},
	},
	{
		Name: "figure-7", Title: "The logs of Figure 7 become one", Case: "Figure7_2B", Seed: 5,
		Pictures: []picture{{"before", trace.Won, -1, 5 * ms, ms, true}, {"after", trace.Won, -1, 5 * ms, 220 * ms, true}},
	},
	{
		Name: "partition", Title: "Five servers, two sides: 3 is lost, 8 is committed", Case: "Partition5_2B", Seed: 5,
		Pictures: []picture{
			{"before", trace.Cut, 1, 120 * ms, 0, true}, {"during", trace.Start, 3, 300 * ms, 60 * ms, true}, {"after", trace.Start, 3, 20 * ms, 400 * ms, true},
		},
	},
	{
		Name: "figure-8", Title: "An entry of an earlier term is not committed by counting (Figure 8)", Case: "PriorTermCommit2B", Seed: 5,
		Pictures: []picture{{"all", trace.Boot, 1, 0, time.Hour, true}},
	},
	{
		Name: "figure-8-broken", Title: "The same by a server that counts: a committed entry is lost", Case: "PriorTermCommit2B", Seed: 5, Mutant: "figure-8",
		Pictures: []picture{{"all", trace.Boot, 1, 0, time.Hour, true}},
	},
	{
		Name: "figure-8-crashes", Title: "A thousand rounds of crashes, as in Figure 8", Case: "Figure82C", Seed: 5,
	},
	{
		Name: "snapshot", Title: "A server that missed too much is sent a snapshot", Case: "Chaos2D", Seed: 5,
		Script:   "servers 3\ncommands 0\nwhen led: start 3 at leader\nafter 0.2s: cut 1\nafter 0.9s: start 12 at leader\nafter 0.3s: start 3 at leader\nafter 0.3s: heal\nafter 0.8s: calm\n",
		Pictures: []picture{{"install", trace.Install, 1, 20 * ms, 15 * ms, true}},
	},
	{
		Name: "two-leaders", Title: "Servers that vote twice in a term: two leaders", Case: "OneVotePerTerm2A", Seed: 5, Mutant: "double-vote",
	},
	{
		Name: "vote-forgotten", Title: "A vote that was not saved is given again after a crash", Case: "VoteAcrossRestart2C", Seed: 5, Mutant: "vote-not-saved",
	},
	{
		Name: "operations", Title: "Clients append to one key: an order explains what they saw", Case: "UnreliableOneKey3A", Seed: 5,
	},
	{
		Name: "stale-read", Title: "A server answers from its own state: no order explains a read", Case: "LeaseRead3A", Seed: 5, Mutant: "local-read-by-anyone",
	},
	{
		Name: "repeated-append", Title: "A retry takes effect again", Case: "Unreliable3A", Seed: 5, Mutant: "only-latest-seen",
	},
	{
		Name: "no-answer", Title: "Operations that never return", Case: "RetryStorm3A", Seed: 5, Mutant: "retry-not-answered",
	},
}

const ms = time.Millisecond

func scenariosCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "scenarios [flags]",
		Short: "Make traces, pages and pictures of the usual Raft scenarios, from real runs",
		Long: `Run the reference, and some broken copies of it, through the scenarios that every
course on Raft draws. For each, save the trace, a page for a browser, and pictures
(SVG). index.html lists all of them.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return makeScenarios(cmd.Context(), cmd.OutOrStdout(), out)
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", "results/scenarios", "folder to write")
	return cmd
}

func makeScenarios(ctx context.Context, terminal io.Writer, out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "raftlab-scenarios-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	built := map[string]bool{} // by file
	var made []entry
	for _, s := range scenarios {
		binary := filepath.Join(work, s.pkg()+"-"+s.Mutant+".test")
		if !built[binary] {
			if err := s.build(binary); err != nil {
				return err
			}
			built[binary] = true
		}
		e, err := s.make(ctx, binary, work, out)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		made = append(made, e)
		fmt.Fprintf(terminal, "%-18s %6d events  %s\n", s.Name, e.Events, s.Title)
	}
	index := filepath.Join(out, "index.html")
	if err := atomicfile.WriteFunc(index, func(w io.Writer) error { return contents.Execute(w, made) }); err != nil {
		return err
	}
	fmt.Fprintf(terminal, "%s: open it in a browser\n", index)
	return nil
}

// pkg is the package that the case tests; cases of part 3 have names that end like 3A.
func (s scenario) pkg() string {
	if s.Case[len(s.Case)-2] == '3' {
		return "kvraft"
	}
	return "raft"
}

// build compiles the tests of the reference, or of a broken copy.
func (s scenario) build(binary string) error {
	m := mutants.Mutant{Name: "reference", Part: "2A"}
	if s.Mutant != "" {
		all := mutants.Broken()
		k := slices.IndexFunc(all, func(m mutants.Mutant) bool { return m.Name == s.Mutant })
		if k < 0 {
			return fmt.Errorf("unknown mutant %q", s.Mutant)
		}
		m = all[k]
	}
	return m.Build("solutions", s.pkg(), binary)
}

// entry is a scenario in the list.
type entry struct {
	scenario
	Verdict string
	Events  int
	Files   []string
}

// make runs the scenario and writes its files.
func (s scenario) make(ctx context.Context, binary, work, out string) (e entry, err error) {
	file := filepath.Join(out, s.Name+".jsonl")
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return e, err
	}
	if err := s.run(ctx, binary, work, file); err != nil {
		return e, err
	}
	t, err := viewOptions{}.load(file)
	if err != nil {
		return e, err
	}
	if broken := t.Verdict != "passed"; broken != (s.Mutant != "") {
		return e, fmt.Errorf("%s, seed %d: unexpected verdict %q; choose another seed", s.Case, s.Seed, t.Verdict)
	}
	story := viewer.NewStory(t)
	e = entry{scenario: s, Verdict: t.Verdict, Events: len(t.Events), Files: []string{s.Name + ".html", s.Name + ".jsonl"}}
	if err := atomicfile.WriteFunc(filepath.Join(out, s.Name+".html"), viewer.Show(viewer.Part{}, story).Page); err != nil {
		return e, err
	}
	for _, p := range s.Pictures {
		part, err := p.part(t)
		if err != nil {
			return e, err
		}
		name := fmt.Sprintf("%s-%s.svg", s.Name, p.Name)
		if err := atomicfile.WriteFunc(filepath.Join(out, name), func(w io.Writer) error { return viewer.SVG(w, story, part) }); err != nil {
			return e, err
		}
		e.Files = append(e.Files, name)
	}
	return e, nil
}

// run runs the case. A broken copy fails, as it should.
func (s scenario) run(ctx context.Context, binary, work, file string) error {
	file, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	args := []string{"-test.run", "^Test" + s.Case + "$", "-seed", strconv.FormatUint(s.Seed, 10), "-events", file, "-out", work, "-shrink", "0"}
	if s.Script != "" {
		faults := filepath.Join(work, s.Name+".txt")
		if err := os.WriteFile(faults, []byte(s.Script), 0o644); err != nil {
			return err
		}
		args = append(args, "-faults", faults)
	}
	run := exec.CommandContext(ctx, binary, args...)
	run.Dir = work
	run.Env = append(os.Environ(), "GOMAXPROCS=1") // makes the seed repeat
	var said bytes.Buffer
	run.Stdout, run.Stderr = &said, &said
	var exit *exec.ExitError
	if err := run.Run(); err != nil && !errors.As(err, &exit) {
		return err
	}
	if _, err := os.Stat(file); err != nil {
		return fmt.Errorf("it saved no trace; its output:\n%s", said.String())
	}
	return nil
}

// part returns the part of a trace that a picture shows.
func (p picture) part(t trace.Trace) (viewer.Part, error) {
	var found []time.Duration
	for _, e := range t.Events {
		if e.Kind == p.Around {
			found = append(found, e.At)
		}
	}
	k := p.Nth - 1
	if p.Nth < 0 {
		k = len(found) + p.Nth
	}
	if k < 0 || k >= len(found) {
		return viewer.Part{}, fmt.Errorf("the picture %s needs event %d of kind %s, and there are %d", p.Name, p.Nth, p.Around, len(found))
	}
	return viewer.Part{From: max(0, found[k]-p.Before), To: found[k] + p.After, Logs: p.Logs}, nil
}

var contents = template.Must(template.New("").Funcs(template.FuncMap{
	"picture": func(name string) bool { return strings.HasSuffix(name, ".svg") },
}).Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Scenarios</title>
<style>body { font: 15px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2em auto; padding: 0 1em; } img { max-width: 100%; border: 1px solid #ccc; margin: 4px 0; }</style>
</head><body>
<h1>Scenarios</h1>
{{range .}}<h2>{{.Title}}</h2>
<p>{{.Case}}, seed {{.Seed}}{{with .Mutant}}, broken copy {{.}}{{end}}: {{.Verdict}}, {{.Events}} events.
{{range .Files}}{{if not (picture .)}}<a href="{{.}}">{{.}}</a> {{end}}{{end}}</p>
{{range .Files}}{{if picture .}}<p><img src="{{.}}" alt="{{.}}"></p>{{end}}{{end}}
{{end}}</body></html>
`))
