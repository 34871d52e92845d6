package campaign

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"raftlab/grader/internal/base/regular"
	"raftlab/internal/leftover"
	"raftlab/tests/suite"
)

// Runner runs programs: as they are, or kept from the rest of the machine.
type Runner interface {
	// Run runs a test program to its end, or until the context ends.
	Run(context.Context, Program) Ended
	// Compile runs the go command.
	Compile(context.Context, Program) Ended
}

// Program is a command line and what it is given.
type Program struct {
	Args        []string
	Env         []string
	Dir         string
	Read, Write []string // directories, beside those that every program needs
	In          io.Reader
	Out         io.Writer // what it prints, errors included
}

// Ended is how a program ended.
type Ended struct {
	Err   error         // nil if it exited with 0
	CPU   time.Duration // of it and its children
	Late  bool          // it was stopped for taking too long
	Limit suite.Verdict // of the limit that it was stopped for, "" for none
	Why   string        // the figure
	Fault error         // the machine's: it could not be started
}

// Open runs programs as they are.
type Open struct{}

// killing is how long a program may take to die.
const killing = 5 * time.Second

// Run runs a program.
func (Open) Run(ctx context.Context, p Program) Ended {
	return run(exec.CommandContext(ctx, p.Args[0], p.Args[1:]...), p)
}

// Compile runs the go command. If the context ends, the command and its compilers are
// killed. Its temporary files are among those that it may write, and are removed with them.
func (Open) Compile(ctx context.Context, p Program) Ended {
	cmd := exec.CommandContext(ctx, p.Args[0], p.Args[1:]...)
	killGroup(cmd)
	if len(p.Write) > 0 {
		p.Env = append(p.Env, "GOTMPDIR="+p.Write[0])
	}
	return run(cmd, p)
}

func run(cmd *exec.Cmd, p Program) Ended {
	cmd.Dir, cmd.Env = p.Dir, p.Env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.In, p.Out, p.Out
	cmd.WaitDelay = killing
	err := cmd.Run()
	ended := Ended{Err: err}
	if state := cmd.ProcessState; state != nil {
		ended.CPU = state.UserTime() + state.SystemTime()
	}
	return ended
}

func (c Campaign) runner() Runner {
	if c.Runner == nil {
		return Open{}
	}
	return c.Runner
}

// inherited is what a program gets of the grader's own environment: all of it if
// it is trusted, and otherwise what its runner gives it.
func (c Campaign) inherited() []string {
	if c.Runner == nil {
		return os.Environ()
	}
	return nil
}

// left is where a case that fails leaves its folder in the process's directory.
func left(dir string) string { return filepath.Join(dir, "out") }

// maxLeft is how long one of them may be.
const maxLeft = 16 << 20

// bring copies what failed cases left in a process's directory to where logs are
// kept. The program may have put anything there, so only regular files of known
// names are taken, no link leads out, and nothing blocks.
func (c Campaign) bring(dir string, records []suite.Result) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return // nothing was left
	}
	defer root.Close()
	for _, r := range records {
		folder := filepath.Base(r.Folder)
		if r.Folder == "" || !filepath.IsLocal(folder) {
			continue
		}
		for _, name := range []string{"verdict.txt", "result.json", "again.txt", "events.jsonl", "faults.txt", suite.StacksFile} {
			text, err := regular.ReadIn(root, filepath.Join(left(""), folder, name), maxLeft)
			if err != nil || leftover.Make(filepath.Join(c.Logs, folder), "") != nil {
				continue
			}
			os.WriteFile(filepath.Join(c.Logs, folder, name), text, 0o644) // without it there is only less to look at
		}
	}
}
