package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
)

// enter moves this process into the sandbox and executes the program in it. It returns
// only on failure. The order matters: mounts need privileges, changing the user drops
// these, and the filter forbids most of the calls made before it.
func enter(o helperOptions, report int) error {
	runtime.LockOSThread() // privileges and filters belong to a thread, and this one becomes the program
	unix.CloseOnExec(report)
	if o.Root != "" {
		if err := newRoot(o); err != nil {
			return err
		}
	}
	// When memory is short, the kernel should kill this process first.
	os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	if o.Count {
		// A nested namespace would give the program privileges in it again.
		os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0)
	}
	if err := setLimits(o); err != nil {
		return err
	}
	if err := dropRights(o.User); err != nil {
		return err
	}
	if err := os.Chdir(o.Dir); err != nil {
		return err
	}
	program, err := exec.LookPath(o.Args[0])
	if err != nil {
		return err
	}
	if o.Landlock {
		if err := restrictFiles(o); err != nil {
			return fmt.Errorf("restrict files by Landlock: %w", err)
		}
	}
	if o.Filter {
		if err := filterCalls(o); err != nil {
			return fmt.Errorf("filter of system calls: %w", err)
		}
	}
	return fmt.Errorf("%s: %w", program, syscall.Exec(program, o.Args, o.Env))
}

// setLimits sets the limits that the kernel enforces. Memory is not among them: a race
// build reserves terabytes of addresses, and only resident memory counts.
func setLimits(o helperOptions) error {
	set := func(what int, soft, hard uint64) error {
		return unix.Setrlimit(what, &unix.Rlimit{Cur: soft, Max: hard})
	}
	if err := set(unix.RLIMIT_CORE, 0, 0); err != nil {
		return fmt.Errorf("limit on core files: %w", err)
	}
	if n := uint64(o.Limits.Disk); n > 0 {
		if err := set(unix.RLIMIT_FSIZE, n, n); err != nil {
			return fmt.Errorf("limit on files: %w", err)
		}
	}
	if most := o.Limits.CPU; most > 0 {
		// The kernel counts whole seconds, for each process separately. A Go program
		// prints its goroutines when it reaches the soft limit.
		n := uint64((most + time.Second - 1) / time.Second)
		if err := set(unix.RLIMIT_CPU, n, n+1); err != nil {
			return fmt.Errorf("limit on processor time: %w", err)
		}
	}
	if n := uint64(o.Limits.Threads); o.Count && n > 0 {
		// Processes are counted within this user namespace, so other runs do not matter.
		if err := set(unix.RLIMIT_NPROC, n, n); err != nil {
			return fmt.Errorf("limit on processes: %w", err)
		}
	}
	return nil
}

// dropRights changes the user, if one is given, and gives up all privileges of root for
// good.
func dropRights(user int) error {
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0) // fails for a capability that the process does not have
	}
	if user != 0 {
		if err := syscall.Setgroups(nil); err != nil {
			return fmt.Errorf("drop groups: %w", err)
		}
		if err := syscall.Setresgid(user, user, user); err != nil {
			return fmt.Errorf("drop group: %w", err)
		}
		if err := syscall.Setresuid(user, user, user); err != nil {
			return fmt.Errorf("drop user: %w", err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&header, &none[0]); err != nil {
		return fmt.Errorf("drop rights: %w", err)
	}
	// A change of user resets this setting.
	return unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0)
}

// restrictFiles makes Landlock allow the given files only, and no network.
func restrictFiles(o helperOptions) error {
	var dirs, files []string
	for _, p := range o.Read {
		info, err := os.Stat(p)
		switch {
		case err != nil:
			return err
		case info.IsDir():
			dirs = append(dirs, p)
		default:
			files = append(files, p)
		}
	}
	proc := "/proc/self"
	if o.Root != "" && o.Proc {
		proc = "/proc"
	}
	return landlock.V11.BestEffort().Restrict(
		landlock.RODirs(append(dirs, proc)...),
		landlock.ROFiles(files...),
		landlock.RWDirs(o.Write...),
		landlock.RWFiles(devices...).IgnoreIfMissing(),
	)
}

// devices lists what a program gets of /dev.
var devices = []string{"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"}
