//go:build unix

package store

import "syscall"

// diskErrors are the causes that the disk is to blame for: no space, quota, a
// read-only or failing device, and the limit on file sizes.
var diskErrors = []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EIO, syscall.EFBIG}
