//go:build unix

package kernel

import "syscall"

// guardedBytes is n bytes of new memory, behind which a page without access begins. It
// is never given back: tests end soon.
func guardedBytes(n int) []byte {
	page := syscall.Getpagesize()
	size := (n + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return make([]byte, n)
	}
	if err := syscall.Mprotect(mem[size:], syscall.PROT_NONE); err != nil {
		return make([]byte, n)
	}
	return mem[size-n : size : size]
}
