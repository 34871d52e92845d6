package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/fatih/color"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/publish/terminal"
	"raftlab/grader/internal/publish/watch"
)

func watchCommand() *cobra.Command {
	o := runOptions{timing: timing{clock: autoClock}}
	var web bool
	cmd := &cobra.Command{
		Use:   "watch [flags] [DIR]",
		Short: "Build and run the parts after every save, and show a board of what passes",
		Long: `Wait for saves of Go files in raft/ and kvraft/ of DIR, the tree you work in if none
is given. After each save, build the program and run the parts that passed before and the
next one: a few runs of each case at first, and more, with ever longer pauses, while nothing
changes. A save during a run stops the run and begins anew.

The board shows each case, what changed since the last save, and the first failure with the
command that repeats it. The seed of that failure runs first after the next save.

Ctrl-C ends it. The exit status is 1 if the last program failed a case, 2 if it does not
build, and otherwise 130.`,
		Example: `  grader watch
  grader watch --part 2B --web
  grader watch --part 3A,3B .`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("give one directory, the one that holds raft/, or none for the tree you work in")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.campaign(cmd, append(args, ".")[0])
			if err != nil {
				return err
			}
			s := session{campaign: c, logs: o.logRetention(cmd), board: watch.NewBoard(c.Cases, o.firstSeed(cmd))}
			ctx, stop := context.WithCancelCause(cmd.Context())
			defer stop(nil)
			note := ""
			if web {
				page, err := watch.NewPage()
				if err != nil {
					return err
				}
				served := make(chan struct{})
				go func() {
					defer close(served)
					if err := page.Serve(ctx); err != nil {
						stop(err)
					}
				}()
				defer func() { stop(nil); <-served }()
				note = fmt.Sprintf("page: %s\n", page.Address())
				s.shows = append(s.shows, page.Show)
			}
			s.shows = append(s.shows, display(os.Stdout, note))
			if err := s.run(ctx, watch.DefaultTiming()); err != nil {
				return err
			}
			switch {
			case cmd.Context().Err() == nil:
				return context.Cause(ctx) // of the page
			case s.board.Broken != "":
				return errBroken
			case s.board.Failed():
				return errFailed
			}
			return errInterrupted
		},
	}
	o.flags(cmd.Flags())
	o.firstSeedFlag(cmd.Flags())
	cmd.Flags().BoolVar(&web, "web", false, "also show the board as a page, on a random port of this machine")
	return cmd
}

// display returns what shows boards on a file: redrawn in place on a terminal with colors,
// and otherwise one below the other. The note stays in view.
func display(f *os.File, note string) func(watch.Board) {
	fd := int(f.Fd())
	if color.NoColor || !term.IsTerminal(fd) {
		f.WriteString(note)
		return (&watch.Log{Out: f}).Show
	}
	screen := watch.Screen{Out: f, Note: note, Size: func() (int, int, error) { return term.GetSize(fd) }}
	screen.Clear()
	return screen.Show
}

// session is a run of the command.
type session struct {
	campaign campaign.Campaign
	logs     logRetention
	board    watch.Board
	shows    []func(watch.Board)
}

// show changes the board and shows it.
func (s *session) show(b watch.Board) {
	s.board = b
	for _, show := range s.shows {
		show(b)
	}
}

// watched are the folders of a student's program.
var watched = []string{"raft", "kvraft"}

// run tries the program after every save, until the context ends.
func (s *session) run(ctx context.Context, timing watch.Timing) error {
	saves := watch.NewSaves(s.campaign.Dir, watched, timing)
	defer saves.Close()
	s.show(s.board)
	for {
		trying, stop := context.WithCancel(ctx)
		saved := make(chan []string, 1)
		go func() {
			defer stop()
			files, _ := saves.Next(trying)
			saved <- files
		}()
		err := s.try(trying)
		if err != nil {
			stop()
		}
		files := <-saved
		if err != nil || ctx.Err() != nil {
			return err
		}
		s.show(s.board.Save(files))
	}
}

// try builds and runs the program until the context ends. An error is the machine's, not the
// program's.
func (s *session) try(ctx context.Context) error {
	if !s.logs.named {
		s.campaign.Logs = newLogs()
	}
	binary, err := s.campaign.Build(ctx)
	if err != nil {
		if ctx.Err() == nil { // whatever it is, the next save may be better
			s.show(s.board.Break(err.Error()))
			<-ctx.Done()
		}
		return nil
	}
	defer binary.Remove()
	kept, err := s.logs.open(s.campaign.Logs)
	if err != nil {
		return err
	}
	defer kept.close()
	s.show(s.board.Build())
	for {
		step, more := s.board.Next()
		if !more || step.Pause > 0 {
			s.show(s.board.In(watch.Waiting))
		}
		var pause <-chan time.Time
		if more {
			pause = time.After(step.Pause)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-pause:
		}
		if err := s.perform(ctx, step, binary, kept); err != nil || ctx.Err() != nil {
			return err
		}
	}
}

// perform runs a step.
func (s *session) perform(ctx context.Context, step watch.Step, binary *campaign.Binaries, kept *logFolder) error {
	c := s.campaign
	c.Seeds = step.Seeds
	c.Cases = slices.DeleteFunc(slices.Clone(c.Cases), func(k campaign.Case) bool { return !slices.Contains(step.Cases, k.Name) })
	if step.Quiet {
		c.Procs = 1
	}
	c.SeedsPerProcess = seedsPerProcess(c)
	s.show(s.board.In(watch.Running))
	return perform(ctx, c, binary, kept, func(b campaign.PartRun) {
		s.show(s.board.Add(b, func(r campaign.Result) string {
			one := terminal.NewTally(c)
			one.Add(campaign.PartRun{Results: []campaign.Result{r}})
			one.Draw(draw)
			return one.Failures()
		}))
	})
}
