package cpu

import (
	"sync"
	"syscall"
	"unsafe"
)

// From Linux's Documentation/arch/x86/xstate.rst.
const (
	archGetPermission = 0x1022 // ARCH_GET_XCOMP_PERM
	archAskPermission = 0x1023 // ARCH_REQ_XCOMP_PERM
	tileData          = 18     // XFEATURE_XTILE_DATA
)

// PermitTiles asks the system, once, for the use of the tile registers by all threads
// of the process, and reports whether that is permitted.
func PermitTiles() bool { return permitTiles() }

var permitTiles = sync.OnceValue(func() bool {
	_, _, failed := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, archAskPermission, tileData, 0)
	return failed == 0 && tilesPermitted()
})

func tilesPermitted() bool {
	var bits uint64
	_, _, failed := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, archGetPermission, uintptr(unsafe.Pointer(&bits)), 0)
	return failed == 0 && bits>>tileData&1 == 1
}
