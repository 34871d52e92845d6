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

// Runner runs programs, in a sandbox or without one.
type Runner interface {
	// Run runs a test program to its end, or until the context ends.
	Run(context.Context, Program) Exit
	// Compile runs the go command.
	Compile(context.Context, Program) Exit
}

// Program is a command line with its environment, files and streams.
type Program struct {
	Args        []string
	Env         []string
	Dir         string
	Read, Write []string // directories, in addition to those that every program needs
	In          io.Reader
	Out         io.Writer // stdout and stderr
}

// Exit is how a program ended.
type Exit struct {
	Err      error         // nil if it exited with 0
	CPU      time.Duration // of it and its children
	TimedOut bool          // it was stopped because it took too long
	Limit    suite.Verdict // the limit that it exceeded, "" for none
	Why      string        // the limit's figures
	Fault    error         // failure of the machine: the program could not be started
}

// Unsandboxed runs programs without a sandbox, as trusted as the grader itself.
type Unsandboxed struct{}

// killDelay is how long a killed program may take to end.
const killDelay = 5 * time.Second

// Run runs a program.
func (Unsandboxed) Run(ctx context.Context, p Program) Exit {
	return run(exec.CommandContext(ctx, p.Args[0], p.Args[1:]...), p)
}

// Compile runs the go command. If the context ends, the command and its compilers are
// killed. Its temporary files are among those that it may write, and are removed with them.
func (Unsandboxed) Compile(ctx context.Context, p Program) Exit {
	cmd := exec.CommandContext(ctx, p.Args[0], p.Args[1:]...)
	killGroup(cmd)
	if len(p.Write) > 0 {
		p.Env = append(p.Env, "GOTMPDIR="+p.Write[0])
	}
	return run(cmd, p)
}

func run(cmd *exec.Cmd, p Program) Exit {
	cmd.Dir, cmd.Env = p.Dir, p.Env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.In, p.Out, p.Out
	cmd.WaitDelay = killDelay
	err := cmd.Run()
	ended := Exit{Err: err}
	if state := cmd.ProcessState; state != nil {
		ended.CPU = state.UserTime() + state.SystemTime()
	}
	return ended
}

func (c Campaign) runner() Runner {
	if c.Runner == nil {
		return Unsandboxed{}
	}
	return c.Runner
}

// inherited returns the environment that a program inherits: the grader's own if it is
// trusted. Otherwise the runner sets the environment.
func (c Campaign) inherited() []string {
	if c.Runner == nil {
		return os.Environ()
	}
	return nil
}

// savedDir returns where failed cases save their folders, in the directory of a process.
func savedDir(dir string) string { return filepath.Join(dir, "out") }

// maxSavedFile bounds the size of a saved file, in bytes.
const maxSavedFile = 16 << 20

// copySaved copies the folders of failed cases from the directory of a process to that of
// the logs. The program may have put anything there. So copySaved takes only regular files
// with known names, follows no link out of the directory, and never blocks.
func (c Campaign) copySaved(dir string, records []suite.Result) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return // nothing was saved
	}
	defer root.Close()
	for _, r := range records {
		folder := filepath.Base(r.Folder)
		if r.Folder == "" || !filepath.IsLocal(folder) {
			continue
		}
		for _, name := range []string{"verdict.txt", "result.json", "again.txt", "events.jsonl", "faults.txt", suite.StacksFile} {
			text, err := regular.ReadIn(root, filepath.Join(savedDir(""), folder, name), maxSavedFile)
			if err != nil || leftover.Make(filepath.Join(c.Logs, folder), "") != nil {
				continue
			}
			os.WriteFile(filepath.Join(c.Logs, folder, name), text, 0o644) // without it there is just less to see
		}
	}
}
