package store

import "golang.org/x/sys/unix"

// mountSmall mounts 128 KiB of memory at dir; it needs privileges.
func mountSmall(dir string) error { return unix.Mount("tmpfs", dir, "tmpfs", 0, "size=128k") }

// unmount is lazy: the store's lock may be open still.
func unmount(dir string) error { return unix.Unmount(dir, unix.MNT_DETACH) }
