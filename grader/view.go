package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"raftlab/grader/internal/base/atomicfile"
	"raftlab/grader/internal/base/ranged"
	"raftlab/tests/trace"
	"raftlab/tests/viewer"
)

// viewing is what the flags of view say.
type viewing struct {
	out       string
	pattern   string
	text, svg bool
	part      viewer.Part
}

func viewCommand() *cobra.Command {
	var v viewing
	cmd := &cobra.Command{
		Use:   "view [flags] TRACE [TRACE]",
		Short: "Show a trace: as a page for a browser, as columns (--text), or as a picture (--svg)",
		Long: `Show what happened in a run, from its trace: a file that -events wrote, or the
folder that a failure left. The page is one file that a browser opens from disk.
Two traces are shown beneath each other, at the first event that differs.

A page holds 40,000 events at most, those around the failure or the first
difference. --from and --to choose others.`,
		Example: `  grader view /tmp/raftlab/Figure82C-seed8213 --out page.html
  grader view --text --from 1.2s --to 1.5s events.jsonl
  grader view --svg --logs --from 1s --to 2s --out picture.svg events.jsonl`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return fmt.Errorf("give one trace, or two to compare: a file that -events wrote, or the folder that a failure left")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return v.show(cmd.OutOrStdout(), args) },
	}
	f := cmd.Flags()
	f.StringVarP(&v.out, "out", "o", "", "the file to write (default: trace.html for a page, else the terminal)")
	f.StringVar(&v.pattern, "case", "", "which case, if a trace holds several: a regular expression")
	f.BoolVar(&v.text, "text", false, "write columns for a terminal")
	f.BoolVar(&v.svg, "svg", false, "draw a picture for a page or for paper")
	f.Var(ranged.Duration(&v.part.From, 0, 24*time.Hour), "from", "where to begin, such as 1.2s")
	f.Var(ranged.Duration(&v.part.To, 0, 24*time.Hour), "to", "where to end (default: at the end)")
	f.BoolVar(&v.part.All, "all", false, "also heartbeats and other things that tell nothing new")
	f.BoolVar(&v.part.Logs, "logs", false, "also the servers' logs at the end")
	f.Var(ranged.Int(&v.part.Width, 0, 100_000), "width", "columns of the terminal (default 80), or width of the picture (default 900)")
	cmd.MarkFlagsMutuallyExclusive("text", "svg")
	return cmd
}

func (v viewing) show(terminal io.Writer, files []string) error {
	if v.part.To != 0 && v.part.To <= v.part.From {
		return fmt.Errorf("--from %v --to %v: that is no span of time", v.part.From, v.part.To)
	}
	if (v.text || v.svg) && len(files) > 1 {
		return fmt.Errorf("two traces are compared on a page: leave out --text and --svg, or give one trace")
	}
	var stories []*viewer.Story
	for _, file := range files {
		t, err := v.load(file)
		if err != nil {
			return err
		}
		story := viewer.NewStory(t)
		if v.part.From > story.End {
			return fmt.Errorf("there is nothing from %v on: the trace ends at %v", v.part.From, story.End)
		}
		stories = append(stories, story)
	}
	shown := viewer.Show(v.part, stories...)
	write := shown.Page
	switch {
	case v.text:
		write = func(w io.Writer) error { return viewer.Text(w, stories[0], v.part) }
	case v.svg:
		write = func(w io.Writer) error { return viewer.SVG(w, stories[0], v.part) }
	case v.out == "":
		v.out = "trace.html"
	}
	if v.out == "" {
		return write(terminal)
	}
	if err := atomicfile.WriteFunc(v.out, write); err != nil {
		return err
	}
	fmt.Fprintf(terminal, "%s: open it in a browser\n", v.out)
	if !v.text && !v.svg {
		for i, s := range shown.Stories {
			if s.Before+s.After > 0 {
				fmt.Fprintf(terminal, "%s: %d of %d events, from %.3fs to %.3fs; choose others with --from and --to\n",
					files[i], len(s.Events), s.Before+len(s.Events)+s.After, s.Begin.Seconds(), s.End.Seconds())
			}
		}
	}
	return nil
}

// load reads the trace of the case that is asked for.
func (v viewing) load(file string) (t trace.Trace, err error) {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		file = filepath.Join(file, "events.jsonl")
	}
	f, err := os.Open(file)
	if err != nil {
		return t, err
	}
	defer f.Close()
	traces, err := trace.Read(f)
	if err != nil {
		return t, fmt.Errorf("%s: %w", file, err)
	}
	pattern, err := regexp.Compile(v.pattern)
	if err != nil {
		return t, fmt.Errorf("--case: %w", err)
	}
	var names []string
	found := -1
	for i, candidate := range traces {
		if pattern.MatchString(candidate.Case) {
			found = i // the latest, if one case ran several times
			if len(names) == 0 || names[len(names)-1] != candidate.Case {
				names = append(names, candidate.Case)
			}
		}
	}
	switch {
	case len(traces) == 0:
		return t, fmt.Errorf("%s holds no trace: it is empty", file)
	case found < 0:
		return t, fmt.Errorf("%s holds no case that matches --case %q", file, v.pattern)
	case len(names) > 1:
		return t, fmt.Errorf("%s holds several cases; choose one with --case: %s", file, strings.Join(names, ", "))
	}
	return traces[found], nil
}
