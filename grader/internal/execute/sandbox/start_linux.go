package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// nobody is the user that a program runs as when the grader is root.
const nobody = 65534

// command returns what starts the program by way of the helper.
func (s *Sandbox) command(spec Spec) (*exec.Cmd, *entry, error) {
	o := order{
		Args: spec.Args, Env: spec.Env, Dir: spec.Dir, Read: spec.Read, Write: spec.Write, Limits: spec.Limits,
		Landlock: s.has(Landlock), Filter: s.has(Filter), Proc: s.has(PidNamespace), Count: s.has(UserNamespace),
	}
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	for _, n := range []struct {
		measure Measure
		flag    uintptr
	}{
		{UserNamespace, syscall.CLONE_NEWUSER}, {MountNamespace, syscall.CLONE_NEWNS}, {PidNamespace, syscall.CLONE_NEWPID},
		{NetworkNamespace, syscall.CLONE_NEWNET}, {IpcNamespace, syscall.CLONE_NEWIPC},
	} {
		if s.has(n.measure) {
			attr.Cloneflags |= n.flag
		}
	}
	if s.has(UserNamespace) {
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	if s.has(OtherUser) && os.Getuid() == 0 {
		if s.has(MountNamespace) || reachable(append(spec.Read, spec.Write...)) {
			o.User = nobody
		} else if !o.Landlock {
			return nil, nil, fmt.Errorf("the user nobody cannot reach %v, and nothing else would keep root off other files", spec.Read)
		}
		if s.has(UserNamespace) {
			attr.UidMappings = append(attr.UidMappings, syscall.SysProcIDMap{ContainerID: nobody, HostID: nobody, Size: 1})
			attr.GidMappings = append(attr.GidMappings, syscall.SysProcIDMap{ContainerID: nobody, HostID: nobody, Size: 1})
			attr.GidMappingsEnableSetgroups = true
		}
	}
	if o.User != 0 {
		for _, dir := range spec.Write {
			if err := give(dir, o.User); err != nil {
				return nil, nil, err
			}
		}
	}
	e := &entry{}
	if s.has(MountNamespace) {
		root, err := os.MkdirTemp("", "raftlab-root-")
		if err != nil {
			return nil, nil, err
		}
		e.root, o.Root = root, root
	}
	text, err := json.Marshal(o)
	if err != nil {
		e.clear()
		return nil, nil, err
	}
	if e.report, e.theirs, err = os.Pipe(); err != nil {
		e.clear()
		return nil, nil, err
	}
	// The program that runs now, whatever became of its file since.
	cmd := exec.Command("/proc/self/exe", helperName, string(text))
	cmd.Env = []string{"GOMAXPROCS=1", "GOGC=off"} // the helper lives for milliseconds
	cmd.ExtraFiles = []*os.File{e.theirs}
	cmd.SysProcAttr = attr
	return cmd, e, nil
}

// entry is the helper on its way into the sandbox.
type entry struct {
	report, theirs *os.File // the two ends of a pipe: what went wrong, if anything
	root           string
}

// wait returns when the program runs, or what went wrong.
func (e *entry) wait() string {
	e.theirs.Close()
	text, err := io.ReadAll(io.LimitReader(e.report, 4096))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (e *entry) clear() {
	for _, f := range []*os.File{e.report, e.theirs} {
		if f != nil {
			f.Close()
		}
	}
	if e.root != "" {
		os.Remove(e.root) // what was mounted there was never to be seen from here
	}
}

// give makes a user the owner of what is in a directory.
func give(dir string, user int) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, user, user)
	})
}

// reachable reports whether every user can come to the paths.
func reachable(paths []string) bool {
	for _, p := range paths {
		for dir := filepath.Dir(p); ; dir = filepath.Dir(dir) {
			info, err := os.Stat(dir)
			if err == nil && info.Mode()&0o001 == 0 {
				return false
			}
			if dir == "/" || dir == "." {
				break
			}
		}
	}
	return true
}

// System returns what every program here must be able to read: the libraries
// that a build with the race detector is linked to.
func System() (paths []string) {
	for _, p := range []string{"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/nix/store"} {
		if _, err := os.Stat(p); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// killAll kills a program and what is in its process group.
func killAll(p *os.Process) {
	syscall.Kill(-p.Pid, syscall.SIGKILL)
}

// askToStop has a Go program print its goroutines and end.
func askToStop(p *os.Process) { p.Signal(syscall.SIGQUIT) }
