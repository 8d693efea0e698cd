package model

import "golang.org/x/sys/unix"

// advise asks for huge pages: a step reads all of it, and small ones cost lookups.
func advise(mem []byte) { _ = unix.Madvise(mem, unix.MADV_HUGEPAGE) }
