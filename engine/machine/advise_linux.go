package machine

import "golang.org/x/sys/unix"

// advise states a wish; a kernel without transparent huge pages refuses it, and the
// memory is as good as before.
func advise(data []byte, huge bool) {
	advice := unix.MADV_NOHUGEPAGE
	if huge {
		advice = unix.MADV_HUGEPAGE
	}
	_ = unix.Madvise(data, advice)
}
