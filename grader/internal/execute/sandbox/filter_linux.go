//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The filter refuses system calls that no test or compiler needs and that reach other
// processes, the network, or rarely used parts of the kernel. It is the remaining
// protection where there are no namespaces.

// forbidden lists the calls that are refused with "operation not permitted".
var forbidden = append([]uint32{
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_GETFD, unix.SYS_PIDFD_SEND_SIGNAL,
	unix.SYS_SOCKET, unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD,
	unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE, unix.SYS_FSOPEN, unix.SYS_MOUNT_SETATTR,
	unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_OPEN_BY_HANDLE_AT,
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_KEXEC_LOAD, unix.SYS_REBOOT,
	unix.SYS_IO_URING_SETUP, unix.SYS_SHMGET, unix.SYS_MSGGET, unix.SYS_SEMGET, unix.SYS_MQ_OPEN,
	unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO,
}, forbiddenHere...)

// Offsets of the parts of a call, in bytes; see struct seccomp_data.
const (
	callNumber = 0
	callArch   = 4
	firstArg   = 16 // its lower half: both supported processors are little-endian
)

// program is a filter under construction. Each jump counts the instructions skipped.
type program []unix.SockFilter

func (p *program) load(offset uint32) {
	*p = append(*p, unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset})
}

func (p *program) answer(action uint32) {
	*p = append(*p, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action})
}

// unless skips the next n instructions if the test of the loaded value fails.
func (p *program) unless(test uint16, k uint32, n uint8) {
	*p = append(*p, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_K | test, K: k, Jf: n})
}

// when skips the next n instructions if the test of the loaded value succeeds.
func (p *program) when(test uint16, k uint32, n uint8) {
	*p = append(*p, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_K | test, K: k, Jt: n})
}

const (
	allow  = unix.SECCOMP_RET_ALLOW
	refuse = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	absent = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
)

// filter returns the instructions for a program with that process number.
func filter(pid uint32, forks bool) program {
	var p program
	p.load(callArch)
	p.when(unix.BPF_JEQ, arch, 1)
	p.answer(refuse) // calls of another processor have other numbers
	p.load(callNumber)
	if foreignCalls != 0 {
		p.unless(unix.BPF_JGE, foreignCalls, 1)
		p.answer(refuse)
	}
	for _, call := range forbidden {
		p.unless(unix.BPF_JEQ, call, 1)
		p.answer(refuse)
	}
	if forks {
		p.answer(allow)
		return p
	}
	// The C library uses the older call if there is no clone3. The filter can read the
	// arguments of that call: it allows threads and refuses processes.
	p.unless(unix.BPF_JEQ, unix.SYS_CLONE3, 1)
	p.answer(absent)
	for _, call := range forksHere {
		p.unless(unix.BPF_JEQ, call, 1)
		p.answer(refuse)
	}
	p.unless(unix.BPF_JEQ, unix.SYS_CLONE, 4)
	p.load(firstArg)
	p.when(unix.BPF_JSET, unix.CLONE_THREAD, 1)
	p.answer(refuse)
	p.answer(allow)
	// A process may send signals to itself only. The runtime preempts goroutines by
	// signals.
	for _, call := range []uint32{unix.SYS_KILL, unix.SYS_TGKILL, unix.SYS_TKILL} {
		p.unless(unix.BPF_JEQ, call, 4)
		p.load(firstArg)
		p.unless(unix.BPF_JEQ, pid, 1)
		p.answer(allow)
		p.answer(refuse)
	}
	p.answer(allow)
	return p
}

// filterCalls installs the filter for this thread and the program that it becomes.
func filterCalls(o helperOptions) error {
	p := filter(uint32(os.Getpid()), o.Limits.Processes > 0)
	list := unix.SockFprog{Len: uint16(len(p)), Filter: &p[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&list)))
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	return nil
}
