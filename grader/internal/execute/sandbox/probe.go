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

// Measure is one protection of a sandbox.
type Measure string

// The measures, which are tried one by one.
const (
	UserNamespace    Measure = "user namespace"    // no privileges outside the namespace
	MountNamespace   Measure = "mount namespace"   // sees only the given files
	PidNamespace     Measure = "pid namespace"     // sees no other process; no process outlives it
	NetworkNamespace Measure = "network namespace" // no network
	IpcNamespace     Measure = "ipc namespace"     // shares no memory and no queues
	Landlock         Measure = "Landlock"          // restricts files a second time, at each access
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

// Measures returns all measures.
func Measures() []Measure {
	return append(Namespaces(), Landlock, Filter, OtherUser, LimitMemory, LimitProcesses, LimitDisk, LimitOutput, LimitTime)
}

// MeasureStatus says whether the machine has a measure, and how, or why not.
type MeasureStatus struct {
	Measure Measure `json:"measure"`
	Had     bool    `json:"had"`
	Why     string  `json:"why,omitempty"`
}

// Report lists the measures that a machine has. It is stored with every result.
type Report struct {
	System   string          `json:"system"` // such as linux/amd64
	Measures []MeasureStatus `json:"measures"`
	// Tried is what a test program in the sandbox managed to do.
	Tried Tried `json:"tried"`
}

// Has reports whether the machine has a measure.
func (r Report) Has(m Measure) bool {
	return slices.ContainsFunc(r.Measures, func(g MeasureStatus) bool { return g.Measure == m && g.Had })
}

// Missing returns the measures that the machine lacks.
func (r Report) Missing() (missing []MeasureStatus) {
	for _, g := range r.Measures {
		if !g.Had {
			missing = append(missing, g)
		}
	}
	return missing
}

// Require returns an error that lists the missing measures, nil if none is missing.
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

// String returns a summary for people, with a line for each missing measure.
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
		text += fmt.Sprintf("\n  missing: %s: %s", g.Measure, g.Why)
	}
	for _, could := range r.Tried.holes() {
		text += "\n  a program in it could " + could
	}
	return text
}

// Tried is what a test program in the sandbox managed to do.
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

// Probe determines by trial which measures work on this machine. It leaves out those in
// without, so that one can test the others. It fails only if it cannot run any program.
func Probe(ctx context.Context, without ...Measure) (*Sandbox, error) {
	s := &Sandbox{Report{System: runtime.GOOS + "/" + runtime.GOARCH}}
	got := func(m Measure, why error, note string) {
		switch {
		case slices.Contains(without, m):
			s.report.Measures = append(s.report.Measures, MeasureStatus{m, false, "left out as requested"})
		case why != nil:
			s.report.Measures = append(s.report.Measures, MeasureStatus{m, false, why.Error()})
		default:
			s.report.Measures = append(s.report.Measures, MeasureStatus{m, true, note})
		}
	}
	s.probe(ctx, without, got)
	for _, m := range []Measure{LimitDisk, LimitOutput, LimitTime} {
		got(m, nil, "") // enforced by the grader itself
	}
	tried, err := s.trial(ctx)
	if err != nil {
		return nil, err
	}
	s.report.Tried = tried
	return s, nil
}

// trialName is the argument that makes the program try what a program in the sandbox can
// do.
const trialName = "sandbox-try"

// bait is what a trial tries to reach.
type bait struct{ File, Dir, Address, Program string }

// trial runs a program that tries to break out of the sandbox.
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
	// Everybody may access these directories, so that only the sandbox protects them.
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

// runTrial does what a hostile submission might do, and prints what succeeded.
func runTrial(arg string) {
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

// parentEnvironment reports whether the environment of another process of the same user is
// readable.
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
