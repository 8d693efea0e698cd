package main

import "golang.org/x/sys/unix"

// mountSmall mounts 512 KiB of memory at dir; it needs privileges.
func mountSmall(dir string) error { return unix.Mount("tmpfs", dir, "tmpfs", 0, "size=512k") }

func unmount(dir string) error { return unix.Unmount(dir, unix.MNT_DETACH) }
