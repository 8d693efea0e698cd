//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package gguf

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// mapFile maps a regular file for reading.
func mapFile(path string) (data []byte, unmap func() error, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close() // a mapping outlives its descriptor
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s: found %s, expected a regular file", path, info.Mode().Type())
	}
	size := info.Size()
	if size == 0 { // cannot be mapped
		return nil, func() error { return nil }, nil
	}
	if size > maxInt {
		return nil, nil, fmt.Errorf("%s: found %d bytes, expected at most %d on this machine", path, size, maxInt)
	}
	data, err = syscall.Mmap(int(file.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, &os.PathError{Op: "mmap", Path: path, Err: err}
	}
	return data, func() error { return syscall.Munmap(data) }, nil
}

// forget gives the memory of a mapped file's pages back; reading one fetches it again.
func forget(data []byte) {
	if len(data) > 0 {
		_ = unix.Madvise(data, unix.MADV_DONTNEED) // advice: nothing is lost without it
	}
}
