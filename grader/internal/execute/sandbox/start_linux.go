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

// nobodyUser is the user that a program runs as when the grader is root.
const nobodyUser = 65534

// command returns the command that starts the program through the helper.
func (s *Sandbox) command(spec Spec) (*exec.Cmd, *entry, error) {
	o := helperOptions{
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
			o.User = nobodyUser
		} else if !o.Landlock {
			return nil, nil, fmt.Errorf("the user nobody cannot read %v, and nothing else would protect other files from root", spec.Read)
		}
		if s.has(UserNamespace) {
			attr.UidMappings = append(attr.UidMappings, syscall.SysProcIDMap{ContainerID: nobodyUser, HostID: nobodyUser, Size: 1})
			attr.GidMappings = append(attr.GidMappings, syscall.SysProcIDMap{ContainerID: nobodyUser, HostID: nobodyUser, Size: 1})
			attr.GidMappingsEnableSetgroups = true
		}
	}
	if o.User != 0 {
		for _, dir := range spec.Write {
			if err := chown(dir, o.User); err != nil {
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
	// The running program, even if its file has been replaced since.
	cmd := exec.Command("/proc/self/exe", helperName, string(text))
	cmd.Env = []string{"GOMAXPROCS=1", "GOGC=off"} // the helper lives for milliseconds
	cmd.ExtraFiles = []*os.File{e.theirs}
	cmd.SysProcAttr = attr
	return cmd, e, nil
}

// entry is a helper that is entering the sandbox.
type entry struct {
	report, theirs *os.File // both ends of a pipe for an error message
	root           string
}

// wait waits until the program runs. It returns the error message if it does not.
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
		os.Remove(e.root) // what was mounted there was never visible here
	}
}

// chown makes a user the owner of everything in a directory.
func chown(dir string, user int) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, user, user)
	})
}

// reachable reports whether every user can reach the paths.
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

// System returns the paths that every program must be able to read: the libraries that a
// program built with the race detector is linked with.
func System() (paths []string) {
	for _, p := range []string{"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/nix/store"} {
		if _, err := os.Stat(p); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// killAll kills a program and its process group.
func killAll(p *os.Process) {
	syscall.Kill(-p.Pid, syscall.SIGKILL)
}

// askToStop makes a Go program print its goroutines and exit.
func askToStop(p *os.Process) { p.Signal(syscall.SIGQUIT) }
