package machine

import "golang.org/x/sys/unix"

// The system's words for "let this process use tile registers".
const (
	requestPermission = 0x1023 // ARCH_REQ_XCOMP_PERM
	tileData          = 18     // XFEATURE_XTILEDATA
)

// permitTiles asks for the whole process, once for all threads that it has or starts.
func permitTiles() error {
	if _, _, e := unix.RawSyscall(unix.SYS_ARCH_PRCTL, requestPermission, tileData, 0); e != 0 {
		return e
	}
	return nil
}
