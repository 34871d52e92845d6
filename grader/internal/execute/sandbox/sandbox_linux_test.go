package sandbox

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test program go into the sandbox, and be what runs there.
func TestMain(m *testing.M) {
	Helper()
	if len(os.Args) > 1 && os.Args[1] == "misbehave" {
		misbehave(os.Args[2], os.Args[3:]...)
		return
	}
	os.Exit(m.Run())
}

// misbehave is the program that the tests run. What it takes of the machine has an
// end, far beyond the limits: if a change makes them fail, a test does, not the machine.
func misbehave(how string, args ...string) {
	block := make([]byte, 1<<20)
	switch how {
	case "print":
		fmt.Println("printed", os.Getuid() >= 0, len(os.Environ()))
		io.Copy(os.Stdout, os.Stdin)
	case "print for ever":
		for {
			os.Stdout.Write(block)
		}
	case "print when it is late":
		late := make(chan os.Signal, 1)
		signal.Notify(late, syscall.SIGQUIT)
		for <-late; ; time.Sleep(10 * time.Millisecond) {
			os.Stdout.Write(block)
		}
	case "take memory":
		var all [][]byte
		for range 64 {
			b := make([]byte, 16<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			all = append(all, b)
			runtime.KeepAlive(all)
		}
	case "write files":
		for i := range 1000 {
			os.WriteFile(fmt.Sprint("f", i), block, 0o644)
		}
	case "write empty files":
		for i := range 100_000 {
			os.WriteFile(fmt.Sprint("f", i), nil, 0o644)
		}
	case "write one file":
		f, _ := os.Create("f")
		for range 1000 {
			f.Write(block)
		}
		time.Sleep(time.Hour)
	case "spin":
		for n := 0; ; n++ {
			runtime.KeepAlive(n)
		}
	case "spin on every processor":
		for range runtime.NumCPU() {
			go misbehave("spin")
		}
		time.Sleep(time.Hour)
	case "spin in children":
		for range runtime.NumCPU() {
			os.StartProcess("/proc/self/exe", []string{"x", "misbehave", "spin"}, &os.ProcAttr{}) // one that cannot be started spins less
		}
		time.Sleep(time.Hour)
	case "sleep":
		fmt.Println("asleep")
		time.Sleep(time.Hour)
	case "start threads":
		for range 5000 {
			go func() {
				runtime.LockOSThread()
				select {} // a locked thread waits with its goroutine
			}()
		}
		time.Sleep(time.Hour)
	case "fork":
		for range 50 {
			if p, err := os.StartProcess("/proc/self/exe", []string{"x", "misbehave", "sleep"}, &os.ProcAttr{}); err == nil {
				fmt.Println("started", p.Pid)
			}
		}
	case "make a namespace":
		cmd := exec.Command("/proc/self/exe", "misbehave", "nothing")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER}
		fmt.Println(cmd.Run())
	case "read":
		b, err := os.ReadFile(args[0])
		fmt.Println(len(b), err)
	case "signal":
		p, _ := os.FindProcess(os.Getppid())
		fmt.Println(p.Signal(syscall.SIGTERM), os.Getppid())
	case "probe":
		s, err := Probe(context.Background())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(os.Getuid(), s.Report())
	}
}

var probed = sync.OnceValues(func() (map[string]*Sandbox, error) {
	all := map[string]*Sandbox{}
	for name, leave := range map[string][]Measure{
		"all measures": nil, "no namespaces": Namespaces(), "namespaces alone": {Landlock, Filter},
	} {
		s, err := Probe(context.Background(), leave...)
		if err != nil {
			return nil, err
		}
		all[name] = s
	}
	return all, nil
})

// everySandbox runs a test in a sandbox with all that this machine has, and in
// sandboxes of machines that have less.
func everySandbox(t *testing.T, test func(*testing.T, *Sandbox)) {
	all, err := probed()
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	for name, s := range all {
		t.Run(name, func(t *testing.T) {
			if name == "namespaces alone" {
				needNamespaces(t, self, nil)
			}
			test(t, s)
		})
	}
}

// needNamespaces skips a test where the user of the given credential may make no user
// namespace. It finds out by itself, since what it skips is whether the sandbox does.
func needNamespaces(t *testing.T, program string, user *syscall.Credential) {
	t.Helper()
	cmd := exec.Command(program, "misbehave", "make a namespace")
	cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Credential: user}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	if said := strings.TrimSpace(string(out)); said != "<nil>" {
		t.Skipf("this machine lets this user make no user namespace: %s", said)
	}
}

// spec has this program misbehave in a directory of its own.
func spec(t *testing.T, out io.Writer, limits Limits, how ...string) Spec {
	t.Helper()
	dir := t.TempDir()
	for d := dir; d != os.TempDir(); d = filepath.Dir(d) {
		require.NoError(t, os.Chmod(d, 0o755))
	}
	self, err := os.Executable()
	require.NoError(t, err)
	return Spec{
		Args: append([]string{self, "misbehave"}, how...), Dir: dir, Read: append(System(), self), Write: []string{dir},
		Limits: limits, Stdout: out, Stderr: out,
	}
}

func run(t *testing.T, s *Sandbox, limits Limits, how ...string) (Result, string) {
	t.Helper()
	var out strings.Builder
	began := time.Now()
	r := s.Run(t.Context(), spec(t, &out, limits, how...))
	t.Logf("%s: %v, CPU %v", how[0], time.Since(began).Round(time.Millisecond), r.CPU().Round(time.Millisecond))
	return r, out.String()
}

func TestRunsWhatBehaves(t *testing.T) {
	t.Setenv("SECRET", "x")
	everySandbox(t, func(t *testing.T, s *Sandbox) {
		var out strings.Builder
		p := spec(t, &out, TestLimits(), "print")
		p.Stdin = strings.NewReader("from stdin")
		r := s.Run(t.Context(), p)
		require.NoError(t, r.Exit(), out.String())
		require.Equal(t, "printed true 0\nfrom stdin", out.String(), "no variable of the grader's environment")
		require.Positive(t, r.CPU())
	})
	var out strings.Builder
	var none *Sandbox
	r := none.Run(t.Context(), spec(t, &out, Limits{}, "print"))
	require.NoError(t, r.Exit(), "without a sandbox")
}

func TestProbeFindsNothingMissingHere(t *testing.T) {
	everySandbox(t, func(t *testing.T, s *Sandbox) {
		t.Log(s.Report())
		tried := s.Report().Tried
		tried.Forked = tried.Forked && s.has(Filter) // nothing else forbids it; the number is limited
		require.Empty(t, tried.holes(), "what is left of it still keeps a program in")
	})
	left, err := Probe(t.Context(), append(Namespaces(), Landlock, Filter, OtherUser)...)
	require.NoError(t, err)
	// Rights that were dropped still hide what other processes hold.
	tried := left.Report().Tried
	tried.Environment = false
	require.Len(t, tried.holes(), 4, "the trial notices each hole when nothing is there to stop it: %+v", left.Report().Tried)
	require.ErrorContains(t, left.Report().Require(), "read files outside")
}

func TestEachLimit(t *testing.T) {
	const mb = 1 << 20
	everySandbox(t, func(t *testing.T, s *Sandbox) {
		for how, c := range map[string]struct {
			limits Limits
			want   Limit
		}{
			"print for ever":    {Limits{Output: 10 * mb}, Output},
			"take memory":       {Limits{Memory: 200 * mb}, Memory},
			"write files":       {Limits{Disk: 20 * mb}, Disk},
			"write empty files": {Limits{Files: 100}, Files},
			"write one file":    {Limits{Disk: 20 * mb, Time: time.Second}, Time}, // no longer than allowed
			"spin":              {Limits{CPU: time.Second}, CPU},
			"sleep":             {Limits{Time: 5 * time.Second}, Time}, // so long that it is asleep by then
			"start threads":     {Limits{Threads: 100, Memory: 1 << 30}, Threads},
		} {
			t.Run(how, func(t *testing.T) {
				t.Parallel()
				if how == "start threads" && s.has(UserNamespace) {
					c.limits.Threads = 50 // the kernel refuses more, and the program dies of that
					r, out := run(t, s, c.limits, how)
					require.True(t, r.Exceeded != nil || strings.Contains(out, "new OS thread") || strings.Contains(out, "pthread_create failed"), "%.1000s", out)
					return
				}
				r, out := run(t, s, c.limits, how)
				require.NoError(t, r.Err)
				if how == "write one file" && r.Exceeded == nil {
					require.Contains(t, r.State.String()+out, "SIGXFSZ")
					return
				}
				require.NotNil(t, r.Exceeded, "%v %s", r.State, out[:min(len(out), 1000)])
				require.Equal(t, c.want, r.Exceeded.Limit)
				require.Greater(t, r.Exceeded.Had, r.Exceeded.Most-1)
				t.Log(r.Exit())
				if c.want == Time && how == "sleep" {
					require.Contains(t, out, "goroutine 1", "where it was is named")
				}
			})
		}
	})
}

// TestOtherLimitsHoldAfterTheTime checks that a program that took too long may print its
// goroutines, but not fill the machine.
func TestOtherLimitsHoldAfterTheTime(t *testing.T) {
	const mb = 1 << 20
	everySandbox(t, func(t *testing.T, s *Sandbox) {
		r, out := run(t, s, Limits{Output: 10 * mb, Time: time.Second}, "print when it is late")
		require.NoError(t, r.Err)
		require.NotNil(t, r.Exceeded, "%v", r.State)
		require.Equal(t, Time, r.Exceeded.Limit, "what came first is told")
		require.Less(t, len(out), 200*mb, "in all of that time it would print a thousand")
	})
}

func TestStartsNothingElse(t *testing.T) {
	everySandbox(t, func(t *testing.T, s *Sandbox) {
		if !s.has(Filter) {
			r, _ := run(t, s, Limits{Threads: 1000, Memory: 1 << 30, Time: 5 * time.Minute}, "fork")
			require.True(t, r.Exceeded == nil || r.Exceeded.Limit == Processes)
			return
		}
		r, out := run(t, s, Limits{}, "fork")
		require.NoError(t, r.Exit())
		require.Empty(t, out)
	})
}

func TestSeesNothingElse(t *testing.T) {
	everySandbox(t, func(t *testing.T, s *Sandbox) {
		for _, file := range []string{"/etc/passwd", "/etc/hostname", "sandbox_test.go", "/root/.bashrc", fmt.Sprintf("/proc/%d/environ", os.Getpid())} {
			file, err := filepath.Abs(file)
			require.NoError(t, err)
			_, out := run(t, s, Limits{}, "read", file)
			require.Regexp(t, "^0 .*(no such file|permission denied)", out, file)
		}
		_, out := run(t, s, Limits{}, "signal")
		require.NotRegexp(t, `^<nil> [1-9]`, out, "the grader would have got it")
	})
}

func TestTheContextEndsARun(t *testing.T) {
	everySandbox(t, func(t *testing.T, s *Sandbox) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r := s.Run(ctx, spec(t, onWrite(cancel), Limits{}, "sleep")) // which takes an hour
		require.ErrorIs(t, r.Err, context.Canceled)
	})
}

// onWrite is a writer that calls a function.
type onWrite func()

func (f onWrite) Write(b []byte) (int, error) {
	f()
	return len(b), nil
}

func TestSaysWhatCannotBeStarted(t *testing.T) {
	everySandbox(t, func(t *testing.T, s *Sandbox) {
		p := spec(t, io.Discard, Limits{}, "print")
		p.Read = append(p.Read, "/no/such/file")
		require.ErrorContains(t, s.Run(t.Context(), p).Err, "/no/such/file")
		p = spec(t, io.Discard, Limits{}, "print")
		p.Args[0] = "/no/such/program"
		require.Error(t, s.Run(t.Context(), p).Err)
	})
}

// TestWithoutRoot has a user who has no rights find all of the sandbox: this one,
// or another if this one is root.
func TestWithoutRoot(t *testing.T) {
	user := os.Getuid()
	self, err := os.Executable()
	require.NoError(t, err)
	text, err := os.ReadFile(self)
	require.NoError(t, err)
	dir, err := os.MkdirTemp("", "raftlab-")
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	require.NoError(t, os.Chmod(dir, 0o755))
	program := filepath.Join(dir, "program")
	require.NoError(t, os.WriteFile(program, text, 0o755))
	cmd := exec.Command(program, "misbehave", "probe")
	cmd.Dir, cmd.Env, cmd.SysProcAttr = "/", []string{}, &syscall.SysProcAttr{}
	if user == 0 {
		user = nobodyUser
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobodyUser, Gid: nobodyUser}
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	t.Log(string(out))
	needNamespaces(t, program, cmd.SysProcAttr.Credential)
	require.True(t, strings.HasPrefix(string(out), fmt.Sprintf("%d sandbox: all", user)), string(out))
	require.NotContains(t, string(out), "could")
}
