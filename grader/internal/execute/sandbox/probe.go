package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Measure is one thing that a sandbox does.
type Measure string

const (
	UserNamespace    Measure = "user namespace"    // no right outside its own
	MountNamespace   Measure = "mount namespace"   // sees only the files it is given
	PidNamespace     Measure = "pid namespace"     // sees no other process, and none outlives it
	NetworkNamespace Measure = "network namespace" // has no network
	IpcNamespace     Measure = "ipc namespace"     // shares no memory or queue
	Landlock         Measure = "Landlock"          // files again, checked by the kernel at each use
	Filter           Measure = "system call filter"
	OtherUser        Measure = "another user" // when the grader is root
	LimitMemory      Measure = "memory limit"
	LimitProcesses   Measure = "process limit"
	LimitDisk        Measure = "disk limit"
	LimitOutput      Measure = "output limit"
	LimitTime        Measure = "time limit"
)

// Namespaces are the measures that containers and some kernels withhold.
func Namespaces() []Measure {
	return []Measure{UserNamespace, MountNamespace, PidNamespace, NetworkNamespace, IpcNamespace}
}

// Measures are all there are.
func Measures() []Measure {
	return append(Namespaces(), Landlock, Filter, OtherUser, LimitMemory, LimitProcesses, LimitDisk, LimitOutput, LimitTime)
}

// Got says whether the machine has a measure, and how, or why not.
type Got struct {
	Measure Measure `json:"measure"`
	Had     bool    `json:"had"`
	Why     string  `json:"why,omitempty"`
}

// Report lists the measures that a machine has. It is stored with every result.
type Report struct {
	System   string `json:"system"` // such as linux/amd64
	Measures []Got  `json:"measures"`
	// Tried is what a program in the sandbox could still do when it tried.
	Tried Tried `json:"tried"`
}

// Has reports whether the machine has a measure.
func (r Report) Has(m Measure) bool {
	return slices.ContainsFunc(r.Measures, func(g Got) bool { return g.Measure == m && g.Had })
}

// Missing returns the measures that the machine lacks.
func (r Report) Missing() (missing []Got) {
	for _, g := range r.Measures {
		if !g.Had {
			missing = append(missing, g)
		}
	}
	return missing
}

// Require is an error that says what is missing, or nil.
func (r Report) Require() error {
	var lines []string
	for _, g := range r.Missing() {
		lines = append(lines, fmt.Sprintf("  %s: %s", g.Measure, g.Why))
	}
	for _, could := range r.Tried.holes() {
		lines = append(lines, "  a program in the sandbox could "+could)
	}
	if len(lines) == 0 {
		return nil
	}
	return fmt.Errorf("this machine lacks measures of the sandbox:\n%s", strings.Join(lines, "\n"))
}

// String is for people, a line a measure that is missing.
func (r Report) String() string {
	var had []string
	for _, g := range r.Measures {
		if g.Had {
			had = append(had, string(g.Measure))
		}
	}
	text := "sandbox: " + strings.Join(had, ", ")
	switch len(had) {
	case 0:
		text = "sandbox: nothing"
	case len(r.Measures):
		text = fmt.Sprintf("sandbox: all %d measures", len(had))
	}
	for _, g := range r.Missing() {
		text += fmt.Sprintf("\n  not had: %s: %s", g.Measure, g.Why)
	}
	for _, could := range r.Tried.holes() {
		text += "\n  a program in it could " + could
	}
	return text
}

// Tried is what a program in the sandbox could do when it tried.
type Tried struct {
	ReadOutside  bool `json:"read_outside"`  // a file of the grader's user
	WroteOutside bool `json:"wrote_outside"` // beside its own directories
	Connected    bool `json:"connected"`     // to a port of this machine
	Environment  bool `json:"environment"`   // saw the grader's environment
	Forked       bool `json:"forked"`        // started another program
}

func (t Tried) holes() (holes []string) {
	for _, h := range []struct {
		open bool
		what string
	}{
		{t.ReadOutside, "read files outside its own directories"},
		{t.WroteOutside, "write files outside its own directories"},
		{t.Connected, "connect to the network"},
		{t.Environment, "see the grader's environment"},
		{t.Forked, "start other programs"},
	} {
		if h.open {
			holes = append(holes, h.what)
		}
	}
	return holes
}

// Probe finds out by trying what sandbox can be had here, and leaves out what is
// named, to try how the rest holds. It fails only if nothing can be run at all.
func Probe(ctx context.Context, leave ...Measure) (*Sandbox, error) {
	s := &Sandbox{Report{System: runtime.GOOS + "/" + runtime.GOARCH}}
	got := func(m Measure, why error, note string) {
		switch {
		case slices.Contains(leave, m):
			s.report.Measures = append(s.report.Measures, Got{m, false, "left out as asked"})
		case why != nil:
			s.report.Measures = append(s.report.Measures, Got{m, false, why.Error()})
		default:
			s.report.Measures = append(s.report.Measures, Got{m, true, note})
		}
	}
	s.probe(ctx, leave, got)
	for _, m := range []Measure{LimitDisk, LimitOutput, LimitTime} {
		got(m, nil, "") // kept by the grader itself
	}
	tried, err := s.trial(ctx)
	if err != nil {
		return nil, err
	}
	s.report.Tried = tried
	return s, nil
}

// trialName is the argument by which the program knows that it is to try what a
// program in the sandbox can do.
const trialName = "sandbox-try"

// bait is what a trial is to try for.
type bait struct{ File, Dir, Address, Program string }

// trial runs a program that tries to get out.
func (s *Sandbox) trial(ctx context.Context) (t Tried, err error) {
	dir, err := os.MkdirTemp("", "raftlab-sandbox-")
	if err != nil {
		return t, err
	}
	defer os.RemoveAll(dir)
	inside, outside := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	for _, d := range []string{inside, outside} {
		if err := os.Mkdir(d, 0o777); err != nil {
			return t, err
		}
	}
	// Open to everybody: only the sandbox is to keep the program off.
	for _, d := range []string{dir, inside, outside} {
		if err := os.Chmod(d, 0o777); err != nil {
			return t, err
		}
	}
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o644); err != nil {
		return t, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return t, err
	}
	defer listener.Close()
	self, err := os.Executable()
	if err != nil {
		return t, err
	}
	text, err := json.Marshal(bait{secret, outside, listener.Addr().String(), self})
	if err != nil {
		return t, err
	}
	var out, errs strings.Builder
	r := s.Run(ctx, Spec{
		Args: []string{self, trialName, string(text)}, Dir: inside, Env: []string{},
		Read: append(System(), self), Write: []string{inside}, Stdout: &out, Stderr: &errs,
	})
	if err := r.Exit(); err != nil {
		return t, fmt.Errorf("%w %s", err, strings.TrimSpace(errs.String()))
	}
	return t, json.Unmarshal([]byte(out.String()), &t)
}

// try does what a submission might, and prints what came of it.
func try(arg string) {
	var b bait
	var t Tried
	if err := json.Unmarshal([]byte(arg), &b); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, err := os.ReadFile(b.File)
	t.ReadOutside = err == nil
	t.WroteOutside = os.WriteFile(filepath.Join(b.Dir, "written"), nil, 0o600) == nil
	if conn, err := net.Dial("tcp", b.Address); err == nil {
		t.Connected = true
		conn.Close()
	}
	t.Environment = len(os.Environ()) > 0 || parentEnvironment()
	if p, err := os.StartProcess(b.Program, []string{b.Program, trialName, "-"}, &os.ProcAttr{}); err == nil {
		t.Forked = true
		p.Wait()
	}
	json.NewEncoder(os.Stdout).Encode(t)
}

// parentEnvironment reports whether another process of the same user shows its
// environment.
func parentEnvironment() bool {
	others, _ := filepath.Glob("/proc/[0-9]*/environ")
	own := fmt.Sprintf("/proc/%d/environ", os.Getpid())
	for _, f := range others {
		if b, err := os.ReadFile(f); f != own && err == nil && len(b) > 0 {
			return true
		}
	}
	return false
}
