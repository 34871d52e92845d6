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
	"raftlab/internal/leftover"
	"raftlab/tests/trace"
	"raftlab/tests/viewer"
)

// viewOptions holds the flags of view.
type viewOptions struct {
	out       string
	pattern   string
	text, svg bool
	open      bool
	part      viewer.Part
}

func viewCommand() *cobra.Command {
	var o viewOptions
	cmd := &cobra.Command{
		Use:   "view [flags] TRACE [TRACE]",
		Short: "Show a trace: as a page for a browser, as columns (--text), or as a picture (--svg)",
		Long: `Show what happened in a run, from its trace: a file that -events wrote, or the folder
that a failure saved. The page is a single file that a browser opens from disk:
trace.html in the folder of a failure, otherwise in the working directory. --open opens
it. Two traces are shown one below the other, at the first event that differs.

A page holds at most 40,000 events, those around the failure or the first difference.
--from and --to choose others.`,
		Example: `  grader view --open /tmp/raftlab/Figure82C-seed8213
  grader view --text --from 1.2s --to 1.5s events.jsonl
  grader view --svg --logs --from 1s --to 2s --out picture.svg events.jsonl`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return fmt.Errorf("give one trace, or two to compare: a file that -events wrote, or the folder that a failure saved")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return o.show(cmd.OutOrStdout(), args) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.out, "out", "o", "", "file to write (default: trace.html for a page, stdout otherwise)")
	f.BoolVar(&o.open, "open", false, "open the page in the default browser, or in that of BROWSER")
	f.StringVar(&o.pattern, "case", "", "regular expression that chooses the case, if a trace holds several")
	f.BoolVar(&o.text, "text", false, "print columns for a terminal")
	f.BoolVar(&o.svg, "svg", false, "draw a picture (SVG)")
	f.Var(ranged.Duration(&o.part.From, 0, 24*time.Hour), "from", "begin at this time, such as 1.2s")
	f.Var(ranged.Duration(&o.part.To, 0, 24*time.Hour), "to", "end at this time (default: the end of the trace)")
	f.BoolVar(&o.part.All, "all", false, "also show heartbeats and other events without news")
	f.BoolVar(&o.part.Logs, "logs", false, "also show the servers' logs at the end")
	f.Var(ranged.Int(&o.part.Width, 0, 100_000), "width", "columns of the terminal (default 80), or width of the picture (default 900)")
	cmd.MarkFlagsMutuallyExclusive("text", "svg", "open")
	return cmd
}

func (o viewOptions) show(terminal io.Writer, files []string) error {
	if o.part.To != 0 && o.part.To <= o.part.From {
		return fmt.Errorf("--from %v --to %v: --to must be later than --from", o.part.From, o.part.To)
	}
	if (o.text || o.svg) && len(files) > 1 {
		return fmt.Errorf("two traces are compared on a page: leave out --text and --svg, or give one trace")
	}
	var stories []*viewer.Story
	for _, file := range files {
		t, err := o.load(file)
		if err != nil {
			return err
		}
		story := viewer.NewStory(t)
		if o.part.From > story.End {
			return fmt.Errorf("--from %v is after the end of the trace, which is %v", o.part.From, story.End)
		}
		stories = append(stories, story)
	}
	shown := viewer.Show(o.part, stories...)
	write := shown.Page
	switch {
	case o.text:
		write = func(w io.Writer) error { return viewer.Text(w, stories[0], o.part) }
	case o.svg:
		write = func(w io.Writer) error { return viewer.SVG(w, stories[0], o.part) }
	case o.out == "":
		o.out = pageOf(files[0])
	}
	if o.out == "" {
		return write(terminal)
	}
	if err := atomicfile.WriteFunc(o.out, write); err != nil {
		return err
	}
	if !o.open {
		fmt.Fprintf(terminal, "%s: open it in a browser\n", o.out)
	}
	if !o.text && !o.svg {
		for i, s := range shown.Stories {
			if s.Before+s.After > 0 {
				fmt.Fprintf(terminal, "%s: %d of %d events, from %.3fs to %.3fs; choose others with --from and --to\n",
					files[i], len(s.Events), s.Before+len(s.Events)+s.After, s.Begin.Seconds(), s.End.Seconds())
			}
		}
	}
	if o.open {
		return browse(terminal, o.out)
	}
	return nil
}

// pageOf is where the page of a trace is written unless another place is named.
func pageOf(trace string) string {
	if isFolder(trace) {
		return filepath.Join(trace, leftover.Page)
	}
	return leftover.Page
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// draw writes the page of the trace in the folder of a failure, and returns its place, or
// why there is none.
func draw(folder string) string {
	t, err := viewOptions{}.load(folder)
	if err == nil {
		err = atomicfile.WriteFunc(pageOf(folder), viewer.Show(viewer.Part{}, viewer.NewStory(t)).Page)
	}
	if err != nil {
		return fmt.Sprintf("(no page: %v)", err)
	}
	return pageOf(folder)
}

// load reads the trace of the chosen case.
func (o viewOptions) load(file string) (t trace.Trace, err error) {
	if isFolder(file) {
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
	pattern, err := regexp.Compile(o.pattern)
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
		return t, fmt.Errorf("%s holds no case that matches --case %q", file, o.pattern)
	case len(names) > 1:
		return t, fmt.Errorf("%s holds several cases; choose one with --case: %s", file, strings.Join(names, ", "))
	}
	return traces[found], nil
}
