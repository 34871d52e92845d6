package sandbox

import "golang.org/x/sys/unix"

const (
	arch         = unix.AUDIT_ARCH_X86_64
	foreignCalls = 0x40000000 // numbers from here on belong to the x32 interface
)

var (
	forbiddenHere = []uint32{unix.SYS_IOPL, unix.SYS_IOPERM, unix.SYS_KEXEC_FILE_LOAD}
	forksHere     = []uint32{unix.SYS_FORK, unix.SYS_VFORK}
)
