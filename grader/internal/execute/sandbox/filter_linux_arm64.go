package sandbox

import "golang.org/x/sys/unix"

const (
	arch         = unix.AUDIT_ARCH_AARCH64
	foreignCalls = 0
)

var (
	forbiddenHere = []uint32{unix.SYS_KEXEC_FILE_LOAD}
	forksHere     []uint32
)
