//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package gguf

import "os"

// mapFile reads the file, where package syscall has no Mmap.
func mapFile(path string) (data []byte, unmap func() error, err error) {
	data, err = os.ReadFile(path)
	return data, func() error { return nil }, err
}

// forget keeps what has been read: there is no other copy.
func forget([]byte) {}
