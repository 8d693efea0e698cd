//go:build unix

package model

import "golang.org/x/sys/unix"

// huge is the size of a huge page.
const huge = 2 << 20

// allocate returns n zero bytes outside the collector's heap, in huge pages where the
// system gives them on request, and how to free them.
func allocate(n int) (data []byte, free func()) {
	if n == 0 {
		return nil, func() {}
	}
	mem, err := unix.Mmap(-1, 0, (n+huge-1)/huge*huge, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return make([]byte, n), func() {}
	}
	advise(mem)
	return mem[:n], func() { _ = unix.Munmap(mem) }
}
