//go:build !unix

package store

import "syscall"

// diskErrors are the causes that the disk is to blame for.
var diskErrors = []error{syscall.ENOSPC, syscall.EIO}
